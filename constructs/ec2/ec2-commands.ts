import { Stack } from 'aws-cdk-lib';
import type * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import { ENVIRONMENT_FILE, RUNNER_COMMAND } from './host-paths';

/** A command that replaces the instances one by one by new ones of the same launch template. */
export function replaceInstances(group: autoscaling.AutoScalingGroup): string {
  const preferences = JSON.stringify({ MinHealthyPercentage: 100, MaxHealthyPercentage: 200, InstanceWarmup: 300 });
  return `aws autoscaling start-instance-refresh --auto-scaling-group-name ${group.autoScalingGroupName} --preferences '${preferences}' --region ${Stack.of(group).region}`;
}

/** A command that runs `doctor` on one of the instances, in a session. */
export function doctorInSession(group: autoscaling.AutoScalingGroup): string {
  const parameters = JSON.stringify({ command: [`sudo ${RUNNER_COMMAND} doctor --env-file ${ENVIRONMENT_FILE}`] });
  return `aws ssm start-session --target "$(${oneInstance(group)})" --document-name AWS-StartInteractiveCommand --parameters '${parameters}' --region ${Stack.of(group).region}`;
}

/** A command that shows what one of the instances wrote on its console: there, its doctor answers when the runner does not start. */
export function consoleOutput(group: autoscaling.AutoScalingGroup): string {
  return `aws ec2 get-console-output --latest --output text --instance-id "$(${oneInstance(group)})" --region ${Stack.of(group).region}`;
}

function oneInstance(group: autoscaling.AutoScalingGroup): string {
  const { region } = Stack.of(group);
  return `aws autoscaling describe-auto-scaling-groups --auto-scaling-group-names ${group.autoScalingGroupName} --query 'AutoScalingGroups[0].Instances[0].InstanceId' --output text --region ${region}`;
}
