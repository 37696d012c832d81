import { type AwsEmulator, startAwsEmulator } from '@axiom-runner/local-servers';
import { type Answer, element, json, type Keys, query } from '../../../local-servers/test/aws-call.js';
import { type Account, synthesisedApp } from './cdk.js';

/** A runner of `apps/runner-roles.ts`. */
export interface DeployedRunner {
  readonly roleArn: string;
  readonly apiKey: string;
  readonly stateKey: string;
  readonly ledger?: string;
  readonly executionRoleArn?: string;
}

/** `open`: with the defaults; `narrow`: with one granted secret, one proxy role and a ledger. */
export type RunnersOfAHost = Readonly<Record<'open' | 'narrow', DeployedRunner>>;
export const HOST_NAMES = ['ecs', 'ec2', 'irsa', 'podIdentity'] as const;
export type HostName = (typeof HOST_NAMES)[number];

/** An account with runners on every host and the account of a secret store, in an AWS that enforces IAM. */
export interface RunnerRoles {
  readonly emulator: AwsEmulator;
  readonly runnerAccount: Account;
  readonly storeAccount: Account;
  readonly hosts: Readonly<Record<HostName, RunnersOfAHost>>;
  dispose(): Promise<void>;
}

/** What AWS says to a call. */
export type Verdict = 'allowed' | 'denied';

export async function deployRunnerRoles(): Promise<RunnerRoles> {
  const [emulator, app] = await Promise.all([startAwsEmulator({ enforceIam: true }), synthesisedApp({}, 'test/e2e/apps/runner-roles.ts')]);
  const runnerAccount = { emulator, id: '123456789012' };
  const storeAccount = { emulator, id: '444455556666' };
  const hosts: [string, RunnersOfAHost][] = [];
  for (const name of HOST_NAMES) {
    const { Runners = '' } = await app.deploy(runnerAccount, `Runners-${name}`);
    hosts.push([name, JSON.parse(Runners)]);
  }
  await app.deploy(storeAccount, 'Store');
  const dispose = async () => {
    await app.dispose();
    await emulator.stop();
  };
  return { emulator, runnerAccount, storeAccount, hosts: Object.fromEntries(hosts) as RunnerRoles['hosts'], dispose };
}

/** The keys of an account's root. */
export function rootKeys({ emulator, id }: Account): Keys {
  return { id, secret: String(emulator.environment['AWS_SECRET_ACCESS_KEY']) };
}

/** The keys of a new user who may do everything in the account. The emulator takes the root for every service, so not the root's. */
export async function administratorKeys(account: Account): Promise<Keys> {
  const UserName = 'administrator';
  await askIam(account, 'CreateUser', { UserName });
  await askIam(account, 'PutUserPolicy', { UserName, PolicyName: 'all', PolicyDocument: policy({ Action: '*', Resource: '*' }) });
  const answer = await askIam(account, 'CreateAccessKey', { UserName });
  return { id: element(answer, 'AccessKeyId'), secret: element(answer, 'SecretAccessKey') };
}

/** Lets the account's own principals take the role: its services and pods get it from AWS, which nobody can act out. Its permissions stay. */
export async function openToItsAccount(account: Account, roleArn: string): Promise<void> {
  const statement = { Principal: { AWS: `arn:aws:iam::${account.id}:root` }, Action: 'sts:AssumeRole' };
  await askIam(account, 'UpdateAssumeRolePolicy', { RoleName: roleArn.split('/').at(-1) ?? '', PolicyDocument: policy(statement) });
}

async function askIam(account: Account, Action: string, parameters: Record<string, string>): Promise<Answer> {
  const answer = await query(account.emulator, rootKeys(account), 'iam', { Action, ...parameters });
  if (answer.status !== 200) throw new Error(answer.body);
  return answer;
}

function policy(statement: object): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] });
}

export function assumeRole(emulator: AwsEmulator, keys: Keys, roleArn: string, externalId?: string): Promise<Answer> {
  const presented: Record<string, string> = externalId === undefined ? {} : { ExternalId: externalId };
  return query(emulator, keys, 'sts', { Action: 'AssumeRole', RoleArn: roleArn, RoleSessionName: 'runner', ...presented });
}

/** The keys in the answer of `assumeRole`. */
export function sessionKeys(answer: Answer): Keys {
  return {
    id: element(answer, 'AccessKeyId'),
    secret: element(answer, 'SecretAccessKey'),
    token: element(answer, 'SessionToken'),
  };
}

/** Calls a JSON service with somebody's keys. */
export async function may(
  emulator: AwsEmulator,
  keys: Keys,
  service: Parameters<typeof json>[2],
  action: string,
  input: object,
): Promise<Verdict> {
  return verdictOf(await json(emulator, keys, service, action, input));
}

/** @throws Error for an answer that says nothing of permissions */
export function verdictOf({ status, body }: Answer): Verdict {
  if (status === 200) return 'allowed';
  if (body.includes('AccessDenied')) return 'denied';
  throw new Error(`${status} ${body}`);
}
