import type { Stack } from 'aws-cdk-lib';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { RunnerImage, SecretAgentSidecar, type SecretAgentSidecarProps } from '../../constructs';
import { templateOf, theOne } from './synth';

export const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

// biome-ignore lint/suspicious/noExplicitAny: a template is JSON of any shape
type Json = any;

/** An image of this project, in a repository that exists. */
export function anAgentImage(stack: Stack): RunnerImage {
  return RunnerImage.fromEcr(ecr.Repository.fromRepositoryName(stack, 'Images', 'axiom-runner'), DIGEST);
}

/** A task with one application, as a user has it before the agent comes. */
export function aTask(stack: Stack, type: 'fargate' | 'bridge' = 'fargate'): ecs.TaskDefinition {
  const task =
    type === 'fargate'
      ? new ecs.FargateTaskDefinition(stack, 'Task', { memoryLimitMiB: 1024 })
      : new ecs.Ec2TaskDefinition(stack, 'Task', { networkMode: ecs.NetworkMode.BRIDGE });
  anApplication(task, 'shop');
  return task;
}

/** One more container of a task. */
export function anApplication(task: ecs.TaskDefinition, id: string): ecs.ContainerDefinition {
  return task.addContainer(id, {
    image: ecs.ContainerImage.fromRegistry('registry.example.com/shop'),
    memoryReservationMiB: 128,
    logging: new ecs.GenericLogDriver({ logDriver: 'awslogs', options: { 'awslogs-group': 'shop' } }),
  });
}

/** The agent beside the application `shop`, which may have `db-production`. */
export function aSidecar(stack: Stack, props: Partial<SecretAgentSidecarProps> = {}, task = aTask(stack)): SecretAgentSidecar {
  const agent = new SecretAgentSidecar(stack, 'Agent', { taskDefinition: task, image: anAgentImage(stack), ...props });
  const [shop] = applicationsOf(task);
  if (shop !== undefined) agent.mountInto(shop, { application: 'shop', allow: ['db-production'] });
  return agent;
}

function applicationsOf(task: ecs.TaskDefinition): ecs.ContainerDefinition[] {
  return task.node.children.filter((child) => child instanceof ecs.ContainerDefinition).filter(({ node }) => node.id !== 'secret-agent');
}

/** A container of the only task definition in a stack. */
export function theContainer(stack: Stack, name = 'secret-agent'): Json {
  const { ContainerDefinitions } = theOne(templateOf(stack), 'AWS::ECS::TaskDefinition') as Json;
  return ContainerDefinitions.find(({ Name }: Json) => Name === name);
}

export function environmentOf({ Environment }: Json): Record<string, Json> {
  return Object.fromEntries(Environment.map(({ Name, Value }: Json) => [Name, Value]));
}

/** The configuration that the agent gets, with references in the place of `‹…›`. */
export function theConfiguration(stack: Stack): Json {
  const text = environmentOf(theContainer(stack))['AXIOMRUNNER_AGENT_CONFIG_TEXT'];
  if (typeof text === 'string') return JSON.parse(text);
  const [delimiter, parts] = text['Fn::Join'];
  return JSON.parse(
    parts.map((part: Json) => (typeof part === 'string' ? part : `‹${[Object.values(part)[0]].flat()[0]}›`)).join(delimiter),
  );
}
