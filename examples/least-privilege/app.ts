import { App, Duration, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { EcsRunner, IntegrationSecret, RunnerImage } from 'axiom-runner';

/**
 * A runner that reads two integration secrets and no third one: what is granted one by one replaces the permission for all of them. The
 * secrets have a key of their own, which the runner uses through Secrets Manager only. A permissions boundary holds whatever is granted
 * later.
 */
const app = new App();
const stack = new Stack(app, 'AxiomRunner', { description: 'Axiom Runner that reads two integration secrets' });

const encryptionKey = new kms.Key(stack, 'Key', { description: 'Integration secrets of the Axiom Runner', enableKeyRotation: true });

// Both are made empty. Outputs of the stack are the commands to fill them.
const orders = IntegrationSecret.postgresql(stack, 'Orders', { systemId: 'orders.example.com', encryptionKey });
const sourceCode = IntegrationSecret.github(stack, 'SourceCode', { systemId: '123456', encryptionKey });

// A function of yours, which changes the password in the database and keeps the names of the secret's fields.
const account = '111122223333';
orders.addRotationSchedule('Rotation', {
  rotationLambda: lambda.Function.fromFunctionAttributes(stack, 'RotateOrders', {
    functionArn: `arn:aws:lambda:eu-central-1:${account}:function:rotate-orders`,
    role: iam.Role.fromRoleArn(stack, 'RotationRole', `arn:aws:iam::${account}:role/rotate-orders`, { defaultPolicyName: 'RotateOrders' }),
    sameEnvironment: true,
  }),
  automaticallyAfter: Duration.days(30),
  rotateImmediatelyOnUpdate: false, // it is still empty
});

const runner = new EcsRunner(stack, 'Runner', {
  tenantId: 'acme',
  runnerGroupId: 'eu-1',
  apiKeySecret: secretsmanager.Secret.fromSecretNameV2(stack, 'ApiKey', 'axiom-runner/api-key'),
  image: RunnerImage.fromEcr(
    ecr.Repository.fromRepositoryName(stack, 'Images', 'axiom-runner'),
    'sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef', // yours
  ),
  vpc: new ec2.Vpc(stack, 'Network', { maxAzs: 2, natGateways: 1, flowLogs: { All: {} } }),
  permissionsBoundary: iam.ManagedPolicy.fromManagedPolicyName(stack, 'Boundary', 'workload-boundary'),
  allowed: [`postgresql/${orders.systemId}`, `github/${sourceCode.systemId}`],
});
runner.grantRead(orders);
runner.grantRead(sourceCode);
