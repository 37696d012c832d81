import { App, Stack, Validations } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { RotationEvents, RunnerImage, SecretAgentSidecar } from 'axiom-runner';

/**
 * An application on Fargate with the secret agent beside it: it asks http://localhost:8787/secret/db-production with the token in the file
 * that SEGURA_AGENT_TOKEN_FILE names, and may have no other secret. A queue tells the agent of rotations: that is for a service of one task.
 */
const app = new App();
const stack = new Stack(app, 'Shop', { description: 'An application with the local secret agent' });

const vpc = new ec2.Vpc(stack, 'Network', { maxAzs: 2, natGateways: 1, flowLogs: { All: {} } });
const cluster = new ecs.Cluster(stack, 'Cluster', { vpc, containerInsightsV2: ecs.ContainerInsights.ENABLED });
const taskDefinition = new ecs.FargateTaskDefinition(stack, 'Task', { cpu: 512, memoryLimitMiB: 1024 });
Validations.of(taskDefinition).acknowledge({
  id: 'AwsSolutions-ECS2',
  reason: 'The variables are settings; secrets are behind the agent.',
});
Validations.of(taskDefinition).acknowledge({
  id: 'AwsSolutions-IAM5[Resource::*]',
  reason: 'ecr:GetAuthorizationToken has no resource.',
});

const shop = taskDefinition.addContainer('shop', {
  image: ecs.ContainerImage.fromEcrRepository(ecr.Repository.fromRepositoryName(stack, 'ShopImages', 'shop'), '1.4.2'),
  readonlyRootFilesystem: true,
  logging: ecs.LogDrivers.awsLogs({
    streamPrefix: 'shop',
    logGroup: new logs.LogGroup(stack, 'ShopLogs', { retention: logs.RetentionDays.ONE_MONTH }),
  }),
});

const database = secretsmanager.Secret.fromSecretNameV2(stack, 'Database', 'shop/production/database');
const agent = new SecretAgentSidecar(stack, 'SecretAgent', {
  taskDefinition,
  image: RunnerImage.fromEcr(
    ecr.Repository.fromRepositoryName(stack, 'Images', 'axiom-runner'),
    'sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef', // yours
  ),
  secrets: [database],
  config: { cache: { ttl: 300 }, secrets: { 'db-production': { name: database.secretName } } },
  rotationEvents: new RotationEvents(stack, 'Rotation', { secrets: [database] }),
});
agent.mountInto(shop, { application: 'shop', allow: ['db-production'] });

new ecs.FargateService(stack, 'Service', {
  cluster,
  taskDefinition,
  desiredCount: 1,
  minHealthyPercent: 100,
  circuitBreaker: { rollback: true },
});
