import { Stack } from 'aws-cdk-lib';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type { EcsRunnerCapacityConfig } from './ecs-runner-capacity';
import { RUNNER_CONTAINER } from './runner-task';

/** A command that starts new tasks of the same kind, and stops the present ones once those are healthy. */
export function startAgain(service: ecs.BaseService): string {
  return `aws ecs update-service --force-new-deployment ${named(service)}`;
}

/** A command that runs `doctor` beside the runner in one of the tasks. */
export function doctorByExec(service: ecs.BaseService): string {
  const { clusterName } = service.cluster;
  const { region } = Stack.of(service);
  const oneTask = `aws ecs list-tasks --cluster ${clusterName} --service-name ${service.serviceName} --region ${region} --query 'taskArns[0]' --output text`;
  const command = `--container ${RUNNER_CONTAINER} --interactive --command 'axiomrunner doctor'`;
  return `aws ecs execute-command --cluster ${clusterName} --region ${region} --task "$(${oneTask})" ${command}`;
}

/** A command that runs `doctor` as a task of its own, in the network and with the role of the runners. */
export function doctorByTask(service: ecs.BaseService, { strategies }: EcsRunnerCapacityConfig): string {
  const { cluster, taskDefinition } = service;
  const { region } = Stack.of(service);
  const network = `aws ecs describe-services ${named(service, '--services')} --query 'services[0].networkConfiguration' --output json`;
  const overrides = JSON.stringify({ containerOverrides: [{ name: RUNNER_CONTAINER, command: ['doctor'] }] });
  return [
    `aws ecs run-task --cluster ${cluster.clusterName} --region ${region} --task-definition ${taskDefinition.taskDefinitionArn}`,
    strategies === undefined ? '--launch-type FARGATE' : `--capacity-provider-strategy ${strategies.map(strategyText).join(' ')}`,
    `--network-configuration "$(${network})" --overrides '${overrides}'`,
  ].join(' ');
}

function strategyText({ capacityProvider, base, weight }: ecs.CapacityProviderStrategy): string {
  return `capacityProvider=${capacityProvider},base=${base ?? 0},weight=${weight ?? 0}`;
}

function named(service: ecs.BaseService, option = '--service'): string {
  return `--cluster ${service.cluster.clusterName} ${option} ${service.serviceName} --region ${Stack.of(service).region}`;
}
