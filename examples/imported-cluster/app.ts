import { App, Stack } from 'aws-cdk-lib';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as eks from 'aws-cdk-lib/aws-eks';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { EksRunner, RunnerCluster, RunnerIdentity, RunnerImage } from 'axiom-runner';

/**
 * Runners in a cluster that another app of the CDK made. The objects are applied by that app's own kubectl provider, and the pods have
 * their role by EKS Pod Identity: no OpenID Connect provider, but the add-on eks-pod-identity-agent in the cluster.
 */
const CLUSTER = 'production';
const ACCOUNT = '111122223333';

const app = new App();
const stack = new Stack(app, 'AxiomRunner', {
  env: { account: ACCOUNT, region: 'eu-central-1' },
  description: 'Axiom Runner in an EKS cluster that exists',
});

// The three ARNs are outputs of the stack that made the cluster.
const cluster = eks.Cluster.fromClusterAttributes(stack, 'Cluster', {
  clusterName: CLUSTER,
  kubectlProvider: eks.KubectlProvider.fromKubectlProviderAttributes(stack, 'Kubectl', {
    functionArn: `arn:aws:lambda:eu-central-1:${ACCOUNT}:function:production-kubectl`,
    handlerRole: iam.Role.fromRoleArn(stack, 'KubectlHandler', `arn:aws:iam::${ACCOUNT}:role/production-kubectl-handler`),
    kubectlRoleArn: `arn:aws:iam::${ACCOUNT}:role/production-kubectl`,
  }),
});

new EksRunner(stack, 'Runner', {
  tenantId: 'acme',
  runnerGroupId: 'eu-1',
  apiKeySecret: secretsmanager.Secret.fromSecretNameV2(stack, 'ApiKey', 'axiom-runner/api-key'),
  cluster: RunnerCluster.fromEks(cluster),
  identity: RunnerIdentity.podIdentity(),
  image: RunnerImage.fromEcr(
    ecr.Repository.fromRepositoryName(stack, 'Images', 'axiom-runner'),
    'sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef', // yours
  ),
  // With Container Insights in the cluster. RunnerMonitoring looks here.
  logGroup: logs.LogGroup.fromLogGroupName(stack, 'Logs', `/aws/containerinsights/${CLUSTER}/application`),
});
