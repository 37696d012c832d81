import { App, Duration, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import { Ec2Runner, RunnerArtifact, RunnerMonitoring } from 'axiom-runner';

/**
 * Two runners on EC2, whose alarms are e-mails. Whoever subscribes has to confirm it by the link in the first one. Make the monitoring in
 * the stack of the runner: alarms see the metrics of their own account and region only.
 */
const app = new App();
const stack = new Stack(app, 'AxiomRunner', { description: 'Axiom Runner on EC2, with alarms by e-mail' });

const runner = new Ec2Runner(stack, 'Runner', {
  tenantId: 'acme',
  runnerGroupId: 'eu-1',
  apiKeySecret: secretsmanager.Secret.fromSecretNameV2(stack, 'ApiKey', 'axiom-runner/api-key'),
  // Or leave it out, with the package @axiom-runner/runtime installed beside this one: it is staged as an asset then.
  artifact: RunnerArtifact.fromBucket(s3.Bucket.fromBucketName(stack, 'Artifacts', 'example-artifacts'), 'axiom-runner/axiomrunner.zip', {
    sha256: '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
  }),
  vpc: new ec2.Vpc(stack, 'Network', { maxAzs: 2, natGateways: 1, flowLogs: { All: {} } }),
  desiredCapacity: 2,
});

const topicKey = new kms.Key(stack, 'TopicKey', { description: 'Alarms of the Axiom Runner', enableKeyRotation: true });
// Without it alarms go off, and nobody hears of them.
topicKey.grant(new iam.ServicePrincipal('cloudwatch.amazonaws.com'), 'kms:Decrypt', 'kms:GenerateDataKey*');
const onCall = new sns.Topic(stack, 'OnCall', { displayName: 'Axiom Runner', masterKey: topicKey, enforceSSL: true });
onCall.addSubscription(new subscriptions.EmailSubscription('on-call@example.com'));

new RunnerMonitoring(stack, 'Monitoring', {
  runner,
  alarmTopics: [onCall],
  dashboardName: 'axiom-runner-eu-1',
  leastRunners: 2,
  leastRunnersFor: Duration.minutes(10), // until then the group has replaced an instance that failed
  failedTasksPercent: 10,
  queueLag: Duration.seconds(10),
  diskPercent: 75,
});
