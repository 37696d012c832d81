import type { Stack } from 'aws-cdk-lib';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import { EcsRunner, type EcsRunnerProps, RunnerImage } from '../../constructs';
import { aNetwork } from './networks';
import { anApiKey, aStackIn, templateOf, theOne } from './synth';

export const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;
export { API_KEY_ARN } from './synth';

/** An image in a repository that exists. */
export function anImage(stack: Stack, id = 'Images'): RunnerImage {
  return RunnerImage.fromEcr(ecr.Repository.fromRepositoryName(stack, id, 'axiom-runner'), DIGEST);
}

/** Runners on ECS in a network that exists, as the defaults have them. */
export function anEcsRunner(stack: Stack, props: Partial<EcsRunnerProps> = {}, id = 'Runner'): EcsRunner {
  const isNetworkGiven = 'vpc' in props || 'cluster' in props;
  return new EcsRunner(stack, id, {
    tenantId: 'tenant-1',
    runnerGroupId: 'group-1',
    apiKeySecret: anApiKey(stack, `${id}ApiKey`),
    image: anImage(stack, `${id}Images`),
    ...(isNetworkGiven ? {} : { vpc: aNetwork(stack, `${id}Network`) }),
    ...props,
  });
}

/** A stack with one runner. */
export function aStackWithEcsRunner(props: (stack: Stack) => Partial<EcsRunnerProps> = () => ({}), region = 'eu-central-1'): Stack {
  const stack = aStackIn(region);
  anEcsRunner(stack, props(stack));
  return stack;
}

// biome-ignore lint/suspicious/noExplicitAny: a template is JSON of any shape
type Json = any;

/** Properties of the only service in a stack. */
export function theServiceIn(stack: Stack): Json {
  return theOne(templateOf(stack), 'AWS::ECS::Service');
}

/** Properties of the only task definition in a stack. */
export function theTaskIn(stack: Stack): Json {
  return theOne(templateOf(stack), 'AWS::ECS::TaskDefinition');
}

/** The only container of the only task definition in a stack. */
export function theContainerIn(stack: Stack): Json {
  const { ContainerDefinitions } = theTaskIn(stack);
  expect(ContainerDefinitions).toHaveLength(1);
  return ContainerDefinitions[0];
}

/** Statements of the policies that are attached to a role, by the words that begin its logical id. */
export function statementsOf(stack: Stack, role: string): Json[] {
  const policies: Json[] = Object.values(templateOf(stack).findResources('AWS::IAM::Policy'));
  return policies
    .filter(({ Properties }) => Properties.Roles.some(({ Ref }: Json) => Ref?.startsWith(role)))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
}
