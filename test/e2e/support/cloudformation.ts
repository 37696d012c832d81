import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Answer, query } from '../../../local-servers/test/aws-call.js';
import type { Account } from './cdk.js';

/** A template of the downloads. Its stack is called `axiom-<template>`. */
export type TemplateName = 'ec2-runner' | 'ecs-runner' | 'oidc-role' | 'secrets-manager-role';
export type Parameters = Readonly<Record<string, string>>;
export type Outputs = Readonly<Record<string, string>>;

const PATIENCE_MS = 30_000;

/** CreateStack with the template. @throws Error with AWS's answer, or with the events of a stack that failed */
export async function createStack(account: Account, template: TemplateName, parameters: Parameters): Promise<Outputs> {
  await ask(account, template, 'CreateStack', await launch(template, parameters));
  return completed(account, template, 'CREATE_COMPLETE');
}

/** UpdateStack with the template and all its parameters. @throws Error as `createStack` */
export async function updateStack(account: Account, template: TemplateName, parameters: Parameters): Promise<Outputs> {
  await ask(account, template, 'UpdateStack', await launch(template, parameters));
  return completed(account, template, 'UPDATE_COMPLETE');
}

/** DeleteStack. @throws Error when the stack stays */
export async function deleteStack(account: Account, template: TemplateName): Promise<void> {
  await ask(account, template, 'DeleteStack');
  const left = await settled(account, template);
  if (left.status === 200) throw new Error(`the stack was not deleted: ${left.body}`);
}

async function launch(template: TemplateName, parameters: Parameters): Promise<Parameters> {
  const file = fileURLToPath(new URL(`../../../deploy/cloudformation/${template}.yaml`, import.meta.url));
  const given = Object.entries(parameters).flatMap(([name, value], index) => [
    [`Parameters.member.${index + 1}.ParameterKey`, name],
    [`Parameters.member.${index + 1}.ParameterValue`, value],
  ]);
  const capabilities = { 'Capabilities.member.1': 'CAPABILITY_NAMED_IAM' };
  return { TemplateBody: await readFile(file, 'utf8'), ...capabilities, ...Object.fromEntries(given) };
}

async function completed(account: Account, template: TemplateName, wanted: string): Promise<Outputs> {
  const { body } = await settled(account, template);
  if (!body.includes(`<StackStatus>${wanted}<`)) throw new Error(await ask(account, template, 'DescribeStackEvents'));
  const pairs = body.matchAll(/<OutputKey>([^<]*)<\/OutputKey>\s*<OutputValue>([^<]*)</g);
  return Object.fromEntries([...pairs].map(([, name, value]) => [name, value]));
}

async function settled(account: Account, template: TemplateName): Promise<Answer> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await call(account, template, 'DescribeStacks');
    if (!/_IN_PROGRESS</.test(answer.body)) return answer;
    if (Date.now() > deadline) throw new Error(`the stack does not settle: ${answer.body}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function ask(account: Account, template: TemplateName, action: string, parameters: Parameters = {}): Promise<string> {
  const { status, body } = await call(account, template, action, parameters);
  if (status !== 200) throw new Error(`${action}: ${status} ${body}`);
  return body;
}

function call({ emulator, id }: Account, template: TemplateName, action: string, parameters: Parameters = {}): Promise<Answer> {
  const keys = { id, secret: String(emulator.environment['AWS_SECRET_ACCESS_KEY']) };
  return query(emulator, keys, 'cloudformation', { Action: action, StackName: `axiom-${template}`, ...parameters });
}
