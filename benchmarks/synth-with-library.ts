import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as eks from 'aws-cdk-lib/aws-eks';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sns from 'aws-cdk-lib/aws-sns';
import {
  Ec2Runner,
  EcsRunner,
  EksRunner,
  IntegrationSecret,
  type IRunnerHost,
  RunnerArtifact,
  RunnerCluster,
  RunnerImage,
  RunnerMonitoring,
} from 'axiom-runner';
import { SITE, synthesised } from './synth-site.js';

/** The full app: a runner group on ECS, one on EC2 and one in an imported cluster, each watched, and secrets of three systems. */
synthesised((app) => {
  const stack = new Stack(app, 'Runners', { env: SITE.env });
  const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Network', SITE.network);
  const topic = sns.Topic.fromTopicArn(stack, 'Alarms', SITE.topicArn);
  const image = RunnerImage.fromEcr(ecr.Repository.fromRepositoryName(stack, 'Images', SITE.repositoryName), SITE.imageDigest);
  const apiKeySecret = secretsmanager.Secret.fromSecretCompleteArn(stack, 'ApiKey', SITE.apiKeySecretArn);
  const common = { tenantId: SITE.tenantId, apiKeySecret, ledger: true, maxConcurrentTasks: SITE.maxConcurrentTasks };

  const hosts: Record<string, IRunnerHost> = {
    Ecs: new EcsRunner(stack, 'Ecs', { ...common, runnerGroupId: 'ecs', vpc, image }),
    Ec2: new Ec2Runner(stack, 'Ec2', {
      ...common,
      runnerGroupId: 'ec2',
      vpc,
      desiredCapacity: 2,
      artifact: RunnerArtifact.fromUrl(SITE.artifactUrl, SITE.artifactSha256),
    }),
    Eks: new EksRunner(stack, 'Eks', { ...common, runnerGroupId: 'eks', image, cluster: RunnerCluster.fromEks(clusterIn(stack)) }),
  };
  const secrets = [
    IntegrationSecret.postgresql(stack, 'Postgresql', { systemId: 'db.example.com' }),
    IntegrationSecret.okta(stack, 'Okta', { systemId: 'example' }),
    IntegrationSecret.github(stack, 'Github', { systemId: 'example' }),
  ];
  for (const [id, runner] of Object.entries(hosts)) {
    for (const secret of secrets) runner.grantRead(secret);
    new RunnerMonitoring(stack, `${id}Monitoring`, { runner, alarmTopics: [topic] });
  }
});

function clusterIn(stack: Stack): eks.ICluster {
  return eks.Cluster.fromClusterAttributes(stack, 'Cluster', {
    clusterName: SITE.clusterName,
    openIdConnectProvider: iam.OpenIdConnectProvider.fromOpenIdConnectProviderArn(stack, 'Issuer', SITE.oidcProviderArn),
    kubectlProvider: eks.KubectlProvider.fromKubectlProviderAttributes(stack, 'Kubectl', {
      functionArn: SITE.kubectlFunctionArn,
      handlerRole: iam.Role.fromRoleArn(stack, 'KubectlHandler', SITE.kubectlHandlerArn),
      kubectlRoleArn: SITE.kubectlRoleArn,
    }),
  });
}
