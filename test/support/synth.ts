import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, CfnResource, Stack, type StackProps } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { AwsSolutionsChecks } from 'cdk-nag';

export const ACCOUNT = '111122223333';
export const OTHER_ACCOUNT = '444455556666';
export const API_KEY_ARN = `arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:axiom-runner/api-key-AbCdEf`;

/** One region of each partition. */
export const PARTITIONS = [
  { partition: 'aws', region: 'eu-central-1' },
  { partition: 'aws-cn', region: 'cn-north-1' },
  { partition: 'aws-us-gov', region: 'us-gov-west-1' },
] as const;

// A deprecated part of the CDK, used by a construct, would be a warning to each user of it.
process.env['JSII_DEPRECATED'] = 'fail';

/** The CDK itself leaves its output in the temporary folder. */
const output = mkdtempSync(join(tmpdir(), 'axiom-test-'));
afterAll(() => rmSync(output, { recursive: true }));

const { context } = JSON.parse(readFileSync(join(__dirname, '../../cdk.json'), 'utf8'));

/** An app as `cdk.json` configures it: recommended feature flags, and findings of the template validator are errors. */
export function anApp(): App {
  return new App({ context, analyticsReporting: false, outdir: mkdtempSync(join(output, 'app-')) });
}

/** A stack of an own app, for any account and region unless the props say which. */
export function aStack(props: StackProps = {}, id = 'Stack'): Stack {
  return new Stack(anApp(), id, props);
}

/** A stack of an account in a region. */
export function aStackIn(region: string, account: string = ACCOUNT): Stack {
  return aStack({ env: { region, account } });
}

/** The secret with an API key, in the region of the stack, if that is one of `PARTITIONS`. */
export function anApiKey(stack: Stack, id: string): secretsmanager.ISecret {
  const { partition = 'aws', region = 'eu-central-1' } = PARTITIONS.find((place) => place.region === stack.region) ?? {};
  const arn = API_KEY_ARN.replace('arn:aws:', `arn:${partition}:`).replace('eu-central-1', region);
  return secretsmanager.Secret.fromSecretCompleteArn(stack, id, arn);
}

/** The template of a stack. Fails when the validator finds anything. */
export function templateOf(stack: Stack): Template {
  return Template.fromStack(stack);
}

/** The one resource of a type. */
export function theOne(template: Template, type: string): { readonly [property: string]: unknown } {
  const found = Object.values(template.findResources(type));
  expect(found).toHaveLength(1);
  return found[0]?.['Properties'];
}

/** The only role in a stack. */
export function theRoleIn(stack: Stack): { readonly [property: string]: unknown } {
  return theOne(templateOf(stack), 'AWS::IAM::Role');
}

/** Trust policy of the only role in a stack. */
export function trustPolicyIn(stack: Stack): unknown {
  return theRoleIn(stack)['AssumeRolePolicyDocument'];
}

/** All statements of all identity policies in a stack. */
export function statementsIn(stack: Stack): unknown[] {
  const policies = Object.values(templateOf(stack).findResources('AWS::IAM::Policy'));
  return policies.flatMap((policy) => policy['Properties'].PolicyDocument.Statement);
}

/** Logical ids of all resources in a stack. */
export function logicalIdsIn(stack: Stack): string[] {
  return Object.keys(templateOf(stack).toJSON().Resources);
}

/** How many resources a stack makes; none is a template that nobody can deploy, so this doesn't synthesise it. */
export function resourceCountIn(stack: Stack): number {
  return stack.node.findAll().filter((child) => CfnResource.isCfnResource(child) && child['shouldSynthesize']()).length;
}

/** What of a bootstrapped environment the CDK CLI would need to deploy a stack. */
export function bootstrapNeedsOf(stack: Stack): string[] {
  const artifact = App.of(stack)?.synth().getStackArtifact(stack.artifactId);
  const needs = [artifact?.assumeRoleArn, artifact?.cloudFormationExecutionRoleArn, artifact?.stackTemplateAssetObjectUrl];
  return [...needs, ...(artifact?.assets ?? []).map((asset) => asset.id)].filter((need) => need !== undefined);
}

/** The message that an action refuses its settings with. */
export function refusalOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error('nothing was refused');
}

/** What a user would see as warnings and errors, and what cdk-nag's AWS solutions rules find: nothing, in code that is fit to ship. */
export function findingsIn(stack: Stack): string[] {
  templateOf(stack);
  const annotations = Annotations.fromStack(stack);
  const messages = [...annotations.findWarning('*', Match.anyValue()), ...annotations.findError('*', Match.anyValue())];
  const report = new AwsSolutionsChecks(stack.node.root).validateScope(stack.node.root);
  return [...messages.map((message) => String(message.entry.data)), ...report.violations.map((violation) => violation.ruleName)];
}
