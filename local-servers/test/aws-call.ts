import { createHash, createHmac } from 'node:crypto';
import type { AwsEmulator } from '../src/index.js';

/** Keys of a principal. */
export interface Keys {
  readonly id: string;
  readonly secret: string;
  readonly token?: string;
}

export const root: Keys = { id: '123456789012', secret: 'test' };

/** An answer: the HTTP status and the body as text. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

const versions = {
  autoscaling: '2011-01-01',
  cloudformation: '2010-05-15',
  ec2: '2016-11-15',
  iam: '2010-05-08',
  monitoring: '2010-08-01',
  sts: '2011-06-15',
} as const;

const targets = {
  dynamodb: 'DynamoDB_20120810',
  ecs: 'AmazonEC2ContainerServiceV20141113',
  events: 'AWSEvents',
  logs: 'Logs_20140328',
  secretsmanager: 'secretsmanager',
  sqs: 'AmazonSQS',
} as const;

/** Calls a service that speaks the query protocol. */
export function query(
  emulator: AwsEmulator,
  keys: Keys,
  service: keyof typeof versions,
  parameters: Record<string, string>,
): Promise<Answer> {
  const body = new URLSearchParams({ Version: versions[service], ...parameters }).toString();
  return call(emulator, keys, service, { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }, body);
}

/** Calls a service that speaks a JSON protocol. */
export function json(emulator: AwsEmulator, keys: Keys, service: keyof typeof targets, action: string, input: object): Promise<Answer> {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `${targets[service]}.${action}` };
  return call(emulator, keys, service, headers, JSON.stringify(input));
}

/** Calls Secrets Manager. */
export function secrets(emulator: AwsEmulator, keys: Keys, action: string, input: Record<string, unknown>): Promise<Answer> {
  return json(emulator, keys, 'secretsmanager', action, input);
}

/** The text of an XML element of an answer. */
export function element(answer: Answer, name: string): string {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(answer.body)?.[1];
  if (text === undefined) throw new Error(`no <${name}> in ${answer.status} ${answer.body}`);
  return text;
}

/** Signs with Signature Version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
async function call(emulator: AwsEmulator, keys: Keys, service: string, headers: Record<string, string>, body: string): Promise<Answer> {
  const time = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '');
  const scope = `${time.slice(0, 8)}/us-east-1/${service}/aws4_request`;
  const token: Record<string, string> = keys.token === undefined ? {} : { 'x-amz-security-token': keys.token };
  const signed: Record<string, string> = { ...headers, ...token, host: new URL(emulator.endpoint).host, 'x-amz-date': time };
  const names = Object.keys(signed).sort();
  const canonical = ['POST', '/', '', ...names.map((name) => `${name}:${signed[name]}`), '', names.join(';'), sha256(body)].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n');
  const key = scope.split('/').reduce<string | Buffer>((previous, part) => hmac(previous, part), `AWS4${keys.secret}`);
  const authorization = `AWS4-HMAC-SHA256 Credential=${keys.id}/${scope}, SignedHeaders=${names.join(';')}, Signature=${hmac(key, toSign).toString('hex')}`;
  const response = await fetch(emulator.endpoint, { method: 'POST', headers: { ...signed, authorization }, body });
  return { status: response.status, body: await response.text() };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
