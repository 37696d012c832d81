import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import { RotationEvents } from 'axiom-runner';

/**
 * What tells the secret agent of one host that a secret has changed: rules, a queue, and the permission for the host's role. The output is
 * rotation.events.queue_url of the agent's configuration. A second host gets a RotationEvents of its own.
 */
const app = new App();
const stack = new Stack(app, 'SecretRotation', { description: 'Rotations of secrets, for the secret agent of a host' });

const rotation = new RotationEvents(stack, 'Rotation', { secretNamePrefix: 'shop/production/' });
rotation.grantConsume(iam.Role.fromRoleName(stack, 'HostRole', 'shop-host', { defaultPolicyName: 'SecretRotation' }));

// Messages that the agent could not handle, for example because a hook fails.
rotation.deadLetterQueue.metricApproximateNumberOfMessagesVisible().createAlarm(stack, 'FailedRotations', {
  alarmDescription: 'The secret agent could not handle the change of a secret: see its log',
  threshold: 1,
  evaluationPeriods: 1,
  treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
});

new CfnOutput(stack, 'QueueUrl', { value: rotation.queueUrl, description: 'rotation.events.queue_url of the agent' });
