import { App, CfnOutput, LegacyStackSynthesizer, Stack } from 'aws-cdk-lib';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { RotationEvents, RunnerImage, SecretAgentSidecar } from '../../../constructs';

/** A task with the secret agent in it, and the queue that tells it of changes. Without a service: nothing runs here. */
const stack = new Stack(new App(), 'SecretAgent', {
  env: { account: '123456789012', region: 'us-east-1' },
  synthesizer: new LegacyStackSynthesizer(),
});
const database = secretsmanager.Secret.fromSecretNameV2(stack, 'Database', 'shop/database');
const rotationEvents = new RotationEvents(stack, 'Rotation', { secrets: [database], secretNamePrefix: 'prod/' });
const taskDefinition = new ecs.FargateTaskDefinition(stack, 'Task', { memoryLimitMiB: 1024 });
const shop = taskDefinition.addContainer('shop', { image: ecs.ContainerImage.fromRegistry('registry.example.com/shop') });
new SecretAgentSidecar(stack, 'Agent', {
  taskDefinition,
  image: RunnerImage.fromEcr(ecr.Repository.fromRepositoryName(stack, 'Images', 'axiom-runner'), `sha256:${'0123456789abcdef'.repeat(4)}`),
  secrets: [database],
  rotationEvents,
  config: { cache: { ttl: 60 }, secrets: { 'db-production': { name: 'shop/database' } } },
}).mountInto(shop, { application: 'shop', allow: ['db-production'] });

new CfnOutput(stack, 'QueueUrl', { value: rotationEvents.queueUrl });
new CfnOutput(stack, 'TaskDefinition', { value: taskDefinition.taskDefinitionArn });
new CfnOutput(stack, 'TaskRole', { value: taskDefinition.taskRole.roleArn });
