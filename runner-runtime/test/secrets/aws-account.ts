import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AwsEmulator } from '@axiom-runner/local-servers';
import { element, type Keys, query, root, secrets } from '../../../local-servers/test/aws-call.js';

export const RUNNER_ARN = 'arn:aws:iam::123456789012:user/runner';
export const EXTERNAL_ID = 'tenant-1';

const policy = (...statements: object[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements });
const mayRead = {
  Effect: 'Allow',
  Action: 'secretsmanager:GetSecretValue',
  Resource: 'arn:aws:secretsmanager:*:*:secret:axiom-security/*',
};

/** A principal as the constructs make it: reads integration secrets and assumes roles, nothing else. */
export async function createRunner(emulator: AwsEmulator): Promise<Keys> {
  await query(emulator, root, 'iam', { Action: 'CreateUser', UserName: 'runner' });
  const document = policy(mayRead, { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' });
  await query(emulator, root, 'iam', { Action: 'PutUserPolicy', UserName: 'runner', PolicyName: 'runner', PolicyDocument: document });
  const key = await query(emulator, root, 'iam', { Action: 'CreateAccessKey', UserName: 'runner' });
  return { id: element(key, 'AccessKeyId'), secret: element(key, 'SecretAccessKey') };
}

/** A role that the runner may assume with the external id. */
export async function createProxyRole(emulator: AwsEmulator, name: string, options: { readonly reads: boolean }): Promise<string> {
  const trust = policy({
    Effect: 'Allow',
    Principal: { AWS: RUNNER_ARN },
    Action: 'sts:AssumeRole',
    Condition: { StringEquals: { 'sts:ExternalId': EXTERNAL_ID } },
  });
  const role = await query(emulator, root, 'iam', { Action: 'CreateRole', RoleName: name, AssumeRolePolicyDocument: trust });
  if (options.reads) {
    await query(emulator, root, 'iam', { Action: 'PutRolePolicy', RoleName: name, PolicyName: 'read', PolicyDocument: policy(mayRead) });
  }
  return element(role, 'Arn');
}

let tokens = 0;

/** Calls Secrets Manager as the account's root. */
export async function asRoot(emulator: AwsEmulator, action: string, input: Record<string, unknown>): Promise<void> {
  tokens += 1;
  const token = /Create|Put/.test(action) ? { ClientRequestToken: String(tokens).padStart(32, '0') } : {};
  const answer = await secrets(emulator, root, action, { ...input, ...token });
  if (answer.status !== 200) throw new Error(`${action}: ${answer.status} ${answer.body}`);
}

/** Passes requests on and counts them. */
export interface Counter {
  readonly endpoint: string;
  readonly count: number;
  close(): void;
}

export async function countingProxy(endpoint: string): Promise<Counter> {
  let count = 0;
  const server = await listening(
    createServer((incoming, answer) => {
      count += 1;
      const { method, headers, url } = incoming;
      const onward = request(new URL(url ?? '/', endpoint), { method, headers, agent: false }, (response) => {
        answer.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(answer);
      });
      incoming.pipe(onward);
    }),
  );
  return {
    endpoint: endpointOf(server),
    get count() {
      return count;
    },
    close: () => void server.close(),
  };
}

/** Answers as AWS does where the emulator cannot: one error to every request. */
export async function refusing(body: string): Promise<{ readonly endpoint: string; close(): void }> {
  const contentType = body.startsWith('<') ? 'text/xml' : 'application/x-amz-json-1.1';
  const server = await listening(
    createServer((incoming, answer) => {
      incoming.resume().on('end', () => answer.writeHead(400, { 'content-type': contentType }).end(body));
    }),
  );
  return { endpoint: endpointOf(server), close: () => void server.close() };
}

function listening(server: Server): Promise<Server> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

function endpointOf(server: Server): string {
  return `http://localhost:${(server.address() as AddressInfo).port}`;
}
