import sys

import cdk8s
from aws_cdk import App, Duration, Environment, SecretValue, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from axiom_runner import (
    EcsRunner,
    IntegrationSecret,
    PostgresqlCredentials,
    RunnerApiKey,
    RunnerChart,
    RunnerEgress,
    RunnerHostServices,
    RunnerImage,
    RunnerLogLevel,
    RunnerMonitoring,
    RunnerVpcEndpoints,
    SecretsManagerProxyRole,
    stacks,
)

DIGEST = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
outdir, chart_outdir = sys.argv[1:]

app = App(outdir=outdir, analytics_reporting=False)
stack = Stack(app, "AxiomRunner", env=Environment(account="111122223333", region="eu-central-1"))

vpc = ec2.Vpc(
    stack,
    "Network",
    availability_zones=["eu-central-1a", "eu-central-1b"],
    subnet_configuration=[ec2.SubnetConfiguration(name="Runner", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)],
)
RunnerVpcEndpoints(stack, "Endpoints", vpc=vpc, hosts=[RunnerHostServices.ecs()])

store_account = "444455556666"
runner = EcsRunner(
    stack,
    "Runner",
    tenant_id="acme",
    runner_group_id="eu-1",
    api_key_secret=secretsmanager.Secret.from_secret_name_v2(stack, "ApiKey", "axiom-runner/api-key"),
    image=RunnerImage.from_ecr(ecr.Repository.from_repository_name(stack, "Images", "axiom-runner"), DIGEST),
    vpc=vpc,
    ledger=True,
    log_level=RunnerLogLevel.DEBUG,
    max_access_duration=Duration.hours(8),
    allowed=["postgresql/orders.example.com"],
    environment={"RUNNER_LABEL": "first"},
    https_proxy="http://proxy.example.com:3128",
    no_proxy=[".amazonaws.com"],
    egress=RunnerEgress.allow_list(
        control_plane=[ec2.Peer.ipv4("10.8.0.0/24")],
        gateway_endpoints=[ec2.Peer.prefix_list("pl-6ea54007")],
    ),
    proxy_role=SecretsManagerProxyRole.from_secrets_manager_proxy_role_attributes(
        stack,
        "ProxyRole",
        role_arn=f"arn:aws:iam::{store_account}:role/Axiom-Security-SecretsManagerRole",
        external_id="8f14e45fceea167a5a36dedd4bea2543",
    ),
)
runner.connections.allow_to(ec2.Peer.ipv4("10.20.0.0/16"), ec2.Port.tcp(5432), "Databases")

orders = IntegrationSecret.postgresql(
    stack,
    "Orders",
    system_id="orders.example.com",
    credentials=PostgresqlCredentials(
        username="axiom",
        password=SecretValue.secrets_manager("orders-password"),
        port=5433,
        ssl_mode=True,
    ),
)
IntegrationSecret.k8s(stack, "Cluster", system_id="cluster.example.com")
runner.grant_read(orders)

RunnerMonitoring(
    stack,
    "Monitoring",
    runner=runner,
    alarm_topics=[sns.Topic.from_topic_arn(stack, "OnCall", "arn:aws:sns:eu-central-1:111122223333:on-call")],
    failed_tasks_percent=10,
    queue_lag=Duration.seconds(10),
)

store = Stack(app, "AxiomStore", env=Environment(account=store_account, region="eu-central-1"))
SecretsManagerProxyRole(
    store,
    "ProxyRole",
    role_name="Axiom-Security-SecretsManagerRole",
    external_id="8f14e45fceea167a5a36dedd4bea2543",
    trusted_principal=iam.ArnPrincipal("arn:aws:iam::111122223333:role/axiomrunner-role"),
)
stacks.SecretsManagerRoleStack(app, "AxiomStoreByParameters", role_name="Axiom-Security-Store")
app.synth()

charts = cdk8s.App(outdir=chart_outdir)
RunnerChart(
    charts,
    "axiom-runner",
    kubernetes_namespace="axiom",
    tenant_id="acme",
    runner_group_id="eu-1",
    image=f"111122223333.dkr.ecr.eu-central-1.amazonaws.com/axiom-runner@{DIGEST}",
    role_arn="arn:aws:iam::111122223333:role/axiomrunner-role",
    api_key=RunnerApiKey.from_secrets_manager("axiom-runner/api-key"),
    state_key_secret_id="axiom-runner/state-key",
    replicas=3,
    egress_cidrs=["10.0.0.0/8"],
)
charts.synth()
