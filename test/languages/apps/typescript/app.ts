import { App, Duration, SecretValue, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as cdk8s from 'cdk8s';
import {
  EcsRunner,
  IntegrationSecret,
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
} from '../../../..';

const DIGEST = 'sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef';

/** The app that stands beside this one in other languages: what those synthesise is compared with what this one does. */
const [outdir = '', chartOutdir = ''] = process.argv.slice(2);

const app = new App({ outdir, analyticsReporting: false });
const stack = new Stack(app, 'AxiomRunner', { env: { account: '111122223333', region: 'eu-central-1' } });

const vpc = new ec2.Vpc(stack, 'Network', {
  availabilityZones: ['eu-central-1a', 'eu-central-1b'],
  subnetConfiguration: [{ name: 'Runner', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
});
new RunnerVpcEndpoints(stack, 'Endpoints', { vpc, hosts: [RunnerHostServices.ecs()] });

const storeAccount = '444455556666';
const runner = new EcsRunner(stack, 'Runner', {
  tenantId: 'acme',
  runnerGroupId: 'eu-1',
  apiKeySecret: secretsmanager.Secret.fromSecretNameV2(stack, 'ApiKey', 'axiom-runner/api-key'),
  image: RunnerImage.fromEcr(ecr.Repository.fromRepositoryName(stack, 'Images', 'axiom-runner'), DIGEST),
  vpc,
  ledger: true,
  logLevel: RunnerLogLevel.DEBUG,
  maxAccessDuration: Duration.hours(8),
  allowed: ['postgresql/orders.example.com'],
  environment: { RUNNER_LABEL: 'first' },
  httpsProxy: 'http://proxy.example.com:3128',
  noProxy: ['.amazonaws.com'],
  egress: RunnerEgress.allowList({
    controlPlane: [ec2.Peer.ipv4('10.8.0.0/24')],
    gatewayEndpoints: [ec2.Peer.prefixList('pl-6ea54007')],
  }),
  proxyRole: SecretsManagerProxyRole.fromSecretsManagerProxyRoleAttributes(stack, 'ProxyRole', {
    roleArn: `arn:aws:iam::${storeAccount}:role/Axiom-Security-SecretsManagerRole`,
    externalId: '8f14e45fceea167a5a36dedd4bea2543',
  }),
});
runner.connections.allowTo(ec2.Peer.ipv4('10.20.0.0/16'), ec2.Port.tcp(5432), 'Databases');

const orders = IntegrationSecret.postgresql(stack, 'Orders', {
  systemId: 'orders.example.com',
  credentials: {
    username: 'axiom',
    password: SecretValue.secretsManager('orders-password'),
    port: 5433,
    sslMode: true,
  },
});
IntegrationSecret.k8s(stack, 'Cluster', { systemId: 'cluster.example.com' });
runner.grantRead(orders);

new RunnerMonitoring(stack, 'Monitoring', {
  runner,
  alarmTopics: [sns.Topic.fromTopicArn(stack, 'OnCall', 'arn:aws:sns:eu-central-1:111122223333:on-call')],
  failedTasksPercent: 10,
  queueLag: Duration.seconds(10),
});

const store = new Stack(app, 'AxiomStore', { env: { account: storeAccount, region: 'eu-central-1' } });
new SecretsManagerProxyRole(store, 'ProxyRole', {
  roleName: 'Axiom-Security-SecretsManagerRole',
  externalId: '8f14e45fceea167a5a36dedd4bea2543',
  trustedPrincipal: new iam.ArnPrincipal('arn:aws:iam::111122223333:role/axiomrunner-role'),
});
new stacks.SecretsManagerRoleStack(app, 'AxiomStoreByParameters', { roleName: 'Axiom-Security-Store' });
app.synth();

const charts = new cdk8s.App({ outdir: chartOutdir });
new RunnerChart(charts, 'axiom-runner', {
  kubernetesNamespace: 'axiom',
  tenantId: 'acme',
  runnerGroupId: 'eu-1',
  image: `111122223333.dkr.ecr.eu-central-1.amazonaws.com/axiom-runner@${DIGEST}`,
  roleArn: 'arn:aws:iam::111122223333:role/axiomrunner-role',
  apiKey: RunnerApiKey.fromSecretsManager('axiom-runner/api-key'),
  stateKeySecretId: 'axiom-runner/state-key',
  replicas: 3,
  egressCidrs: ['10.0.0.0/8'],
});
charts.synth();
