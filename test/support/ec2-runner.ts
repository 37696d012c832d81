import type { Stack } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Ec2Runner, type Ec2RunnerProps, RunnerArtifact } from '../../constructs';
import { aNetwork } from './networks';
import { ACCOUNT, aStackIn, templateOf, theOne } from './synth';

export const ARTIFACT_URL = 'https://downloads.example.com/axiom-runner/axiomrunner';
export const SHA256 = '0123456789abcdef'.repeat(4);

/** Runners on EC2 in a network that exists, as the defaults have them; but the agent, which is built only in some tests, is elsewhere. */
export function anEc2Runner(stack: Stack, props: Partial<Ec2RunnerProps> = {}, id = 'Runner'): Ec2Runner {
  const { region } = stack;
  const apiKeyArn = `arn:aws:secretsmanager:${region}:${ACCOUNT}:secret:axiom-runner/api-key-AbCdEf`;
  return new Ec2Runner(stack, id, {
    tenantId: 'tenant-1',
    runnerGroupId: 'group-1',
    apiKeySecret: secretsmanager.Secret.fromSecretCompleteArn(stack, `${id}ApiKey`, apiKeyArn),
    artifact: RunnerArtifact.fromUrl(ARTIFACT_URL, SHA256),
    vpc: props.vpc ?? aNetwork(stack, `${id}Network`),
    ...props,
  });
}

/** A stack with one runner. */
export function aStackWithEc2Runner(props: (stack: Stack) => Partial<Ec2RunnerProps> = () => ({}), region = 'eu-central-1'): Stack {
  const stack = aStackIn(region);
  anEc2Runner(stack, props(stack));
  return stack;
}

// biome-ignore lint/suspicious/noExplicitAny: a template is JSON of any shape
type Json = any;

/** What the only launch template in a stack says of instances. */
export function launchDataIn(stack: Stack): Json {
  return theOne(templateOf(stack), 'AWS::EC2::LaunchTemplate')['LaunchTemplateData'];
}

/** The only Auto Scaling group in a stack, with its policies. */
export function theGroupIn(stack: Stack): Json {
  const [group, ...others] = Object.values(templateOf(stack).findResources('AWS::AutoScaling::AutoScalingGroup'));
  expect(others).toEqual([]);
  return group;
}

/** The user data of a runner as text; references stand in it as `${LogicalId}`. The stack is not synthesised. */
export function userDataOf(runner: Ec2Runner): string {
  const launchTemplate = runner.node.findChild('LaunchTemplate').node.defaultChild as ec2.CfnLaunchTemplate;
  const { userData } = runner.stack.resolve(launchTemplate.launchTemplateData);
  const text: Json = userData['Fn::Base64'];
  const parts: Json[] = typeof text === 'string' ? [text] : text['Fn::Join'][1];
  return parts.map((part) => (typeof part === 'string' ? part : `\${${part.Ref ?? JSON.stringify(part)}}`)).join('');
}

/** Text of a file that the user data writes. */
export function fileIn(userData: string, path: string): string {
  const [, rest] = userData.split(`cat >${path} <<'END_OF_FILE'\n`);
  if (rest === undefined) throw new Error(`the user data writes no ${path}`);
  return rest.slice(0, rest.indexOf('END_OF_FILE\n'));
}
