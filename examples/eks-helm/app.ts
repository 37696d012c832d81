import { join } from 'node:path';
import { KubectlV35Layer } from '@aws-cdk/lambda-layer-kubectl-v35';
import { App, Duration, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as eks from 'aws-cdk-lib/aws-eks-v2';
import * as s3assets from 'aws-cdk-lib/aws-s3-assets';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { RunnerOidcRole } from 'axiom-runner';

/**
 * A new cluster, and the runner in it by its Helm chart: for those who keep to Helm for everything that runs in their clusters. The pods
 * have their role by IRSA, and read the API key and the state key by themselves: no key is in a value of the chart or in a release.
 */
const CHART = join(__dirname, '../../deploy/helm/axiom-runner-helm-v2'); // where you have put it

const app = new App();
const stack = new Stack(app, 'AxiomCluster', { description: 'EKS cluster with the Axiom Runner by its Helm chart' });

const cluster = new eks.Cluster(stack, 'Cluster', {
  vpc: new ec2.Vpc(stack, 'Network', { maxAzs: 2, flowLogs: { All: {} } }),
  version: eks.KubernetesVersion.of('1.35'),
  endpointAccess: eks.EndpointAccess.PRIVATE,
  clusterLogging: Object.values(eks.ClusterLoggingTypes),
  kubectlProviderOptions: { kubectlLayer: new KubectlV35Layer(stack, 'Kubectl') },
});

// The secret exists: the platform shows the key once, and you put it there.
const apiKeySecret = secretsmanager.Secret.fromSecretNameV2(stack, 'ApiKey', 'axiom-runner/api-key');
// Random; nobody needs to know it. Not under axiom-security/, where the integration secrets are.
const stateKeySecret = new secretsmanager.Secret(stack, 'StateKey', {
  generateSecretString: { passwordLength: 64, excludePunctuation: true },
});
const runnerRole = new RunnerOidcRole(stack, 'RunnerRole', {
  oidcProvider: cluster.openIdConnectProvider,
  apiKeySecret,
  stateKeySecret,
});

const chart = cluster.addHelmChart('Runner', {
  chartAsset: new s3assets.Asset(stack, 'Chart', { path: CHART }),
  release: 'axiom-runner-v2',
  namespace: runnerRole.kubernetesNamespace,
  wait: true,
  timeout: Duration.minutes(10),
  values: {
    runner: {
      RUNNER_ROLE_ARN: runnerRole.roleArn,
      TENANT_ID: 'acme',
      RUNNER_GROUP_ID: 'eu-1',
      RUNNER_API_KEY_SECRET_ID: apiKeySecret.secretName,
      RUNNER_STATE_KEY_SECRET_ID: stateKeySecret.secretArn,
    },
    image: {
      repository: ecr.Repository.fromRepositoryName(stack, 'Images', 'axiom-runner').repositoryUri,
      digest: 'sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef', // yours
    },
    probes: { enabled: true },
  },
});
chart.node.addDependency(runnerRole);
