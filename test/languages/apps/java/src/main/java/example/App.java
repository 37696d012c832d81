package example;

import com.example.axiomrunner.EcsRunner;
import com.example.axiomrunner.IIntegrationSecret;
import com.example.axiomrunner.IntegrationSecret;
import com.example.axiomrunner.K8sSecretProps;
import com.example.axiomrunner.PostgresqlCredentials;
import com.example.axiomrunner.PostgresqlSecretProps;
import com.example.axiomrunner.RunnerApiKey;
import com.example.axiomrunner.RunnerChart;
import com.example.axiomrunner.RunnerEgress;
import com.example.axiomrunner.RunnerEgressAllowListOptions;
import com.example.axiomrunner.RunnerHostServices;
import com.example.axiomrunner.RunnerImage;
import com.example.axiomrunner.RunnerLogLevel;
import com.example.axiomrunner.RunnerMonitoring;
import com.example.axiomrunner.RunnerVpcEndpoints;
import com.example.axiomrunner.SecretsManagerProxyRole;
import com.example.axiomrunner.SecretsManagerProxyRoleAttributes;
import com.example.axiomrunner.stacks.SecretsManagerRoleStack;
import java.util.List;
import java.util.Map;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.Environment;
import software.amazon.awscdk.SecretValue;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.services.ec2.Peer;
import software.amazon.awscdk.services.ec2.Port;
import software.amazon.awscdk.services.ec2.SubnetConfiguration;
import software.amazon.awscdk.services.ec2.SubnetType;
import software.amazon.awscdk.services.ec2.Vpc;
import software.amazon.awscdk.services.ecr.Repository;
import software.amazon.awscdk.services.iam.ArnPrincipal;
import software.amazon.awscdk.services.secretsmanager.Secret;
import software.amazon.awscdk.services.sns.Topic;

public final class App {
    private static final String DIGEST = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private static final String STORE_ACCOUNT = "444455556666";

    public static void main(final String[] args) {
        synthesiseStacks(args[0]);
        synthesiseChart(args[1]);
    }

    private static void synthesiseStacks(final String outdir) {
        final software.amazon.awscdk.App app = software.amazon.awscdk.App.Builder.create().outdir(outdir).analyticsReporting(false).build();
        final Stack stack = Stack.Builder.create(app, "AxiomRunner").env(environment("111122223333")).build();

        final Vpc vpc = Vpc.Builder.create(stack, "Network")
            .availabilityZones(List.of("eu-central-1a", "eu-central-1b"))
            .subnetConfiguration(List.of(SubnetConfiguration.builder().name("Runner").subnetType(SubnetType.PRIVATE_ISOLATED).build()))
            .build();
        RunnerVpcEndpoints.Builder.create(stack, "Endpoints").vpc(vpc).hosts(List.of(RunnerHostServices.ecs())).build();

        final EcsRunner runner = EcsRunner.Builder.create(stack, "Runner")
            .tenantId("acme")
            .runnerGroupId("eu-1")
            .apiKeySecret(Secret.fromSecretNameV2(stack, "ApiKey", "axiom-runner/api-key"))
            .image(RunnerImage.fromEcr(Repository.fromRepositoryName(stack, "Images", "axiom-runner"), DIGEST))
            .vpc(vpc)
            .ledger(true)
            .logLevel(RunnerLogLevel.DEBUG)
            .maxAccessDuration(Duration.hours(8))
            .allowed(List.of("postgresql/orders.example.com"))
            .environment(Map.of("RUNNER_LABEL", "first"))
            .httpsProxy("http://proxy.example.com:3128")
            .noProxy(List.of(".amazonaws.com"))
            .egress(RunnerEgress.allowList(RunnerEgressAllowListOptions.builder()
                .controlPlane(List.of(Peer.ipv4("10.8.0.0/24")))
                .gatewayEndpoints(List.of(Peer.prefixList("pl-6ea54007")))
                .build()))
            .proxyRole(SecretsManagerProxyRole.fromSecretsManagerProxyRoleAttributes(stack, "ProxyRole",
                SecretsManagerProxyRoleAttributes.builder()
                    .roleArn("arn:aws:iam::" + STORE_ACCOUNT + ":role/Axiom-Security-SecretsManagerRole")
                    .externalId("8f14e45fceea167a5a36dedd4bea2543")
                    .build()))
            .build();
        runner.getConnections().allowTo(Peer.ipv4("10.20.0.0/16"), Port.tcp(5432), "Databases");

        final IIntegrationSecret orders = IntegrationSecret.postgresql(stack, "Orders", PostgresqlSecretProps.builder()
            .systemId("orders.example.com")
            .credentials(PostgresqlCredentials.builder()
                .username("axiom")
                .password(SecretValue.secretsManager("orders-password"))
                .port(5433)
                .sslMode(true)
                .build())
            .build());
        IntegrationSecret.k8s(stack, "Cluster", K8sSecretProps.builder().systemId("cluster.example.com").build());
        runner.grantRead(orders);

        RunnerMonitoring.Builder.create(stack, "Monitoring")
            .runner(runner)
            .alarmTopics(List.of(Topic.fromTopicArn(stack, "OnCall", "arn:aws:sns:eu-central-1:111122223333:on-call")))
            .failedTasksPercent(10)
            .queueLag(Duration.seconds(10))
            .build();

        final Stack store = Stack.Builder.create(app, "AxiomStore").env(environment(STORE_ACCOUNT)).build();
        SecretsManagerProxyRole.Builder.create(store, "ProxyRole")
            .roleName("Axiom-Security-SecretsManagerRole")
            .externalId("8f14e45fceea167a5a36dedd4bea2543")
            .trustedPrincipal(new ArnPrincipal("arn:aws:iam::111122223333:role/axiomrunner-role"))
            .build();
        SecretsManagerRoleStack.Builder.create(app, "AxiomStoreByParameters").roleName("Axiom-Security-Store").build();
        app.synth();
    }

    private static void synthesiseChart(final String outdir) {
        final org.cdk8s.App charts = org.cdk8s.App.Builder.create().outdir(outdir).build();
        RunnerChart.Builder.create(charts, "axiom-runner")
            .kubernetesNamespace("axiom")
            .tenantId("acme")
            .runnerGroupId("eu-1")
            .image("111122223333.dkr.ecr.eu-central-1.amazonaws.com/axiom-runner@" + DIGEST)
            .roleArn("arn:aws:iam::111122223333:role/axiomrunner-role")
            .apiKey(RunnerApiKey.fromSecretsManager("axiom-runner/api-key"))
            .stateKeySecretId("axiom-runner/state-key")
            .replicas(3)
            .egressCidrs(List.of("10.0.0.0/8"))
            .build();
        charts.synth();
    }

    private static Environment environment(final String account) {
        return Environment.builder().account(account).region("eu-central-1").build();
    }

    private App() {
    }
}
