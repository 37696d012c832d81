import { App, CfnOutput, LegacyStackSynthesizer, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as eks from 'aws-cdk-lib/aws-eks';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import {
  Ec2Runner,
  EcsRunner,
  EksRunner,
  IntegrationSecret,
  RunnerArtifact,
  RunnerCluster,
  type RunnerHost,
  type RunnerHostProps,
  RunnerIdentity,
  RunnerImage,
  SecretsManagerProxyRole,
} from '../../../constructs';

/** One runner of each host and role, with the defaults and with everything narrowed, to ask what their roles may do. */

const RUNNER_ACCOUNT = '123456789012';
const STORE_ACCOUNT = '444455556666';
const EXTERNAL_ID = 'e2e-external-id';
const ISSUER = 'oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE';
const SHA256 = '0123456789abcdef'.repeat(4);

/** Answers for a cluster that isn't there: this is about the roles. */
const APPLIES_NOTHING = `exports.handler = (event) => {
  const { LogicalResourceId, RequestId, StackId } = event;
  const answer = { Status: 'SUCCESS', PhysicalResourceId: LogicalResourceId, LogicalResourceId, RequestId, StackId };
  return fetch(event.ResponseURL, { method: 'PUT', body: JSON.stringify(answer) }).then(() => undefined);
};`;

type HostName = 'ecs' | 'ec2' | 'irsa' | 'podIdentity';
type HostOf = (id: string, props: RunnerHostProps) => RunnerHost;

const app = new App();
// One stack for each host: CloudFormation takes large templates from a bucket only, and no bootstrapped account is needed without.
const stackOf = (id: string) => new Stack(app, id, { synthesizer: new LegacyStackSynthesizer() });

const HOSTS: Readonly<Record<HostName, (stack: Stack) => HostOf>> = {
  ecs: (stack) => {
    const [image, vpc] = [existingImage(stack), newNetwork(stack)];
    return (id, props) => new EcsRunner(stack, id, { ...props, image, vpc });
  },
  ec2: (stack) => {
    const [artifact, vpc] = [RunnerArtifact.fromUrl('https://example.com/runner.zip', SHA256), newNetwork(stack)];
    return (id, props) => new Ec2Runner(stack, id, { ...props, artifact, vpc });
  },
  irsa: (stack) => inCluster(stack, RunnerIdentity.irsa()),
  podIdentity: (stack) => inCluster(stack, RunnerIdentity.podIdentity()),
};

for (const [name, hostIn] of Object.entries(HOSTS)) {
  const stack = stackOf(`Runners-${name}`);
  const hostOf = hostIn(stack);
  const open = hostOf('open', settings(stack, 'open'));
  const proxyRole = SecretsManagerProxyRole.fromSecretsManagerProxyRoleAttributes(stack, 'ProxyRole', {
    roleArn: `arn:aws:iam::${STORE_ACCOUNT}:role/Axiom-Security-SecretsManagerRole`,
    externalId: EXTERNAL_ID,
  });
  const narrow = hostOf('narrow', { ...settings(stack, 'narrow'), proxyRole, ledger: true });
  narrow.grantRead(IntegrationSecret.fromIntegrationSecretAttributes(stack, 'Granted', { systemType: 'github', systemId: '1' }));
  new CfnOutput(stack, 'Runners', { value: stack.toJsonString({ open: describe(open), narrow: describe(narrow) }) });
}

const store = stackOf('Store');
const trustedPrincipal = new iam.AccountPrincipal(RUNNER_ACCOUNT);
for (const roleName of ['Axiom-Security-SecretsManagerRole', 'Axiom-Security-Another']) {
  new SecretsManagerProxyRole(store, roleName, { roleName, externalId: EXTERNAL_ID, trustedPrincipal });
}
new iam.Role(store, 'Other', { roleName: 'SecretsReader', externalIds: [EXTERNAL_ID], assumedBy: trustedPrincipal });

function settings(stack: Stack, id: string): RunnerHostProps {
  return { tenantId: '42', runnerGroupId: id, apiKeySecret: new secretsmanager.Secret(stack, `${id}-key`) };
}

function describe(host: RunnerHost): Record<string, string | undefined> {
  const apiKey = Stack.of(host).node.findChild(`${host.node.id}-key`) as secretsmanager.Secret; // Made by settings().
  return {
    roleArn: host.role.roleArn,
    apiKey: apiKey.secretArn,
    stateKey: host.stateKeySecret.secretArn,
    ledger: host.ledger?.tableName,
    executionRoleArn: host instanceof EcsRunner ? host.taskDefinition.executionRole?.roleArn : undefined,
  };
}

function newNetwork(stack: Stack): ec2.Vpc {
  return new ec2.Vpc(stack, 'Network', { maxAzs: 2, natGateways: 1, restrictDefaultSecurityGroup: false });
}

function existingImage(stack: Stack): RunnerImage {
  return RunnerImage.fromEcr(ecr.Repository.fromRepositoryName(stack, 'Images', 'axiom-runner'), `sha256:${SHA256}`);
}

function inCluster(stack: Stack, identity: RunnerIdentity): HostOf {
  const [image, cluster] = [existingImage(stack), existingCluster(stack)];
  return (id, props) => new EksRunner(stack, id, { ...props, cluster, image, identity, kubernetesNamespace: id });
}

function existingCluster(stack: Stack): RunnerCluster {
  const { ref: clusterName } = new eks.CfnCluster(stack, 'Cluster', {
    roleArn: new iam.Role(stack, 'ClusterRole', { assumedBy: new iam.ServicePrincipal('eks.amazonaws.com') }).roleArn,
    resourcesVpcConfig: { subnetIds: [] },
  });
  const applies = new lambda.Function(stack, 'Applies', {
    runtime: lambda.Runtime.NODEJS_22_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline(APPLIES_NOTHING),
  });
  const kubectlProvider = eks.KubectlProvider.fromKubectlProviderAttributes(stack, 'Kubectl', {
    functionArn: applies.functionArn,
    kubectlRoleArn: `arn:aws:iam::${RUNNER_ACCOUNT}:role/kubectl`,
    handlerRole: iam.Role.fromRoleArn(stack, 'Handler', `arn:aws:iam::${RUNNER_ACCOUNT}:role/handler`),
  });
  const providerArn = `arn:aws:iam::${RUNNER_ACCOUNT}:oidc-provider/${ISSUER}`;
  const openIdConnectProvider = iam.OpenIdConnectProvider.fromOpenIdConnectProviderArn(stack, 'Provider', providerArn);
  return RunnerCluster.fromEks(
    eks.Cluster.fromClusterAttributes(stack, 'Imported', { clusterName, kubectlProvider, openIdConnectProvider }),
  );
}
