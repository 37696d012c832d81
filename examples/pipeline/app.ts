import { App, DefaultStackSynthesizer, Stack, Stage } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as pipelines from 'aws-cdk-lib/pipelines';
import { EcsRunner, RunnerImage, SecretsManagerProxyRole, stacks } from 'axiom-runner';

/**
 * A pipeline that deploys, from each commit, the proxy role into the account of the secret store, and then the runner into its own. The
 * image is named by its digest, so that what was checked is what runs: to upgrade is to commit another digest.
 * Bootstrap both accounts first, with --trust and the account of the pipeline.
 */
const TOOLS = { account: '999988887777', region: 'eu-central-1' };
const RUNNER = { account: '111122223333', region: 'eu-central-1' };
const STORE = { account: '444455556666', region: 'eu-central-1' };
const IMAGE_DIGEST = 'sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef';
const PROXY_ROLE_NAME = 'Axiom-Security-SecretsManagerRole';
const EXTERNAL_ID = '8f14e45fceea167a5a36dedd4bea2543'; // your own, for example from: openssl rand -hex 16

const app = new App();

const store = new Stage(app, 'Store', { env: STORE });
new stacks.SecretsManagerRoleStack(store, 'SecretsManagerRole', {
  externalId: EXTERNAL_ID,
  // The account: its IAM says which of its roles may assume this one, and only the runner's may.
  trustedPrincipalArn: RUNNER.account,
  roleName: PROXY_ROLE_NAME,
  synthesizer: new DefaultStackSynthesizer(), // a pipeline deploys with the roles of the bootstrap stack
});

const production = new Stage(app, 'Production', { env: RUNNER });
const stack = new Stack(production, 'Runner', { description: 'Axiom Runner on Amazon ECS' });
new EcsRunner(stack, 'Runner', {
  tenantId: 'acme',
  runnerGroupId: 'eu-1',
  apiKeySecret: secretsmanager.Secret.fromSecretNameV2(stack, 'ApiKey', 'axiom-runner/api-key'),
  image: RunnerImage.fromEcr(ecr.Repository.fromRepositoryName(stack, 'Images', 'axiom-runner'), IMAGE_DIGEST),
  vpc: ec2.Vpc.fromVpcAttributes(stack, 'Network', {
    vpcId: 'vpc-0a1b2c3d4e5f60718',
    availabilityZones: ['eu-central-1a', 'eu-central-1b'],
    privateSubnetIds: ['subnet-0aaaaaaaaaaaaaaaa', 'subnet-0bbbbbbbbbbbbbbbb'],
    privateSubnetRouteTableIds: ['rtb-0aaaaaaaaaaaaaaaa', 'rtb-0bbbbbbbbbbbbbbbb'],
  }),
  proxyRole: SecretsManagerProxyRole.fromSecretsManagerProxyRoleAttributes(stack, 'ProxyRole', {
    roleArn: `arn:aws:iam::${STORE.account}:role/${PROXY_ROLE_NAME}`,
    externalId: EXTERNAL_ID,
  }),
});

const tools = new Stack(app, 'AxiomRunnerPipeline', { env: TOOLS, description: 'Pipeline that deploys the Axiom Runner' });
const pipeline = new pipelines.CodePipeline(tools, 'Pipeline', {
  crossAccountKeys: true,
  enableKeyRotation: true,
  synth: new pipelines.ShellStep('Synth', {
    input: pipelines.CodePipelineSource.connection('example/axiom-runner', 'main', {
      connectionArn: 'arn:aws:codeconnections:eu-central-1:999988887777:connection/01234567-89ab-cdef-0123-456789abcdef',
    }),
    commands: ['npm ci', 'npx cdk synth'],
  }),
});
pipeline.addStage(store);
pipeline.addStage(production, { pre: [new pipelines.ManualApprovalStep('Approve')] });
