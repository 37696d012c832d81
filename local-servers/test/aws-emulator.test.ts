import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AwsEmulator, startAwsEmulator, stopAll } from '../src/index.js';
import { element, type Keys, query, root, secrets } from './aws-call.js';

afterAll(stopAll);

describe('the AWS emulator', () => {
  let emulator: AwsEmulator;
  beforeAll(async () => {
    emulator = await startAwsEmulator();
  });

  it('keeps a secret', async () => {
    await secrets(emulator, root, 'CreateSecret', { Name: 'axiom/one', SecretString: 'value', ClientRequestToken: '0'.repeat(32) });
    const read = await secrets(emulator, root, 'GetSecretValue', { SecretId: 'axiom/one' });
    expect(JSON.parse(read.body)).toMatchObject({ Name: 'axiom/one', SecretString: 'value' });
  });

  it('tells who is calling from the twelve digits of the access key id', async () => {
    const answer = await query(emulator, root, 'sts', { Action: 'GetCallerIdentity' });
    expect(element(answer, 'Arn')).toBe('arn:aws:iam::123456789012:root');
  });

  it('forgets everything on a reset', async () => {
    await secrets(emulator, root, 'CreateSecret', { Name: 'axiom/two', SecretString: 'value', ClientRequestToken: '1'.repeat(32) });
    await emulator.reset();
    const read = await secrets(emulator, root, 'GetSecretValue', { SecretId: 'axiom/two' });
    expect(read.body).toContain('ResourceNotFoundException');
  });

  it('gives an environment with which any SDK finds it', () => {
    expect(emulator.environment).toMatchObject({
      AWS_ENDPOINT_URL: emulator.endpoint,
      AWS_ACCESS_KEY_ID: root.id,
      AWS_SECRET_ACCESS_KEY: root.secret,
    });
  });

  it('comes back on the same port after a crash', async () => {
    const { endpoint, pid } = emulator;
    await emulator.kill();
    await expect(query(emulator, root, 'sts', { Action: 'GetCallerIdentity' })).rejects.toThrow();
    await emulator.restart();
    expect((await query(emulator, root, 'sts', { Action: 'GetCallerIdentity' })).status).toBe(200);
    expect(emulator.endpoint).toBe(endpoint);
    expect(emulator.pid).not.toBe(pid);
  });
});

describe('the AWS emulator that enforces IAM', () => {
  let emulator: AwsEmulator;
  let user: Keys;
  beforeAll(async () => {
    emulator = await startAwsEmulator({ enforceIam: true });
    await secrets(emulator, root, 'CreateSecret', { Name: 'axiom/open', SecretString: 'value', ClientRequestToken: '2'.repeat(32) });
    await secrets(emulator, root, 'CreateSecret', { Name: 'other/closed', SecretString: 'value', ClientRequestToken: '3'.repeat(32) });
    await query(emulator, root, 'iam', { Action: 'CreateUser', UserName: 'runner' });
    const created = await query(emulator, root, 'iam', { Action: 'CreateAccessKey', UserName: 'runner' });
    user = { id: element(created, 'AccessKeyId'), secret: element(created, 'SecretAccessKey') };
    const statement = {
      Effect: 'Allow',
      Action: 'secretsmanager:GetSecretValue',
      Resource: 'arn:aws:secretsmanager:*:123456789012:secret:axiom/*',
    };
    const document = policy(statement, { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' });
    await query(emulator, root, 'iam', { Action: 'PutUserPolicy', UserName: 'runner', PolicyName: 'read', PolicyDocument: document });
  });

  it('lets a user read what its policy allows', async () => {
    const read = await secrets(emulator, user, 'GetSecretValue', { SecretId: 'axiom/open' });
    expect(read.body).toContain('value');
  });

  it('denies a user what no policy allows', async () => {
    const read = await secrets(emulator, user, 'GetSecretValue', { SecretId: 'other/closed' });
    expect(JSON.parse(read.body)).toMatchObject({ __type: expect.stringContaining('AccessDeniedException') });
  });

  it('refuses a wrong secret key and an unknown access key', async () => {
    const wrong = await secrets(emulator, { ...user, secret: 'wrong' }, 'GetSecretValue', { SecretId: 'axiom/open' });
    const unknown = await secrets(emulator, { id: 'AKIAIOSFODNN7EXAMPLE', secret: 'any' }, 'GetSecretValue', { SecretId: 'axiom/open' });
    expect(wrong.body).toContain('InvalidSignatureException');
    expect(unknown.body).toContain('UnrecognizedClientException');
  });

  it('lets a role be assumed only with its external id', async () => {
    const condition = { StringEquals: { 'sts:ExternalId': 'tenant-1' } };
    const trust = policy({
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::123456789012:user/runner' },
      Action: 'sts:AssumeRole',
      Condition: condition,
    });
    const role = await query(emulator, root, 'iam', { Action: 'CreateRole', RoleName: 'proxy', AssumeRolePolicyDocument: trust });
    const assume = { Action: 'AssumeRole', RoleArn: element(role, 'Arn'), RoleSessionName: 'test' };

    const without = await query(emulator, user, 'sts', assume);
    expect([without.status, element(without, 'Code')]).toEqual([403, 'AccessDenied']);

    const assumed = await query(emulator, user, 'sts', { ...assume, ExternalId: 'tenant-1' });
    const keys = {
      id: element(assumed, 'AccessKeyId'),
      secret: element(assumed, 'SecretAccessKey'),
      token: element(assumed, 'SessionToken'),
    };
    const caller = await query(emulator, keys, 'sts', { Action: 'GetCallerIdentity' });
    expect(element(caller, 'Arn')).toBe('arn:aws:sts::123456789012:assumed-role/proxy/test');
  });
});

it('serves HTTPS with a certificate that its authority vouches for', async () => {
  const emulator = await startAwsEmulator({ enforceIam: true, tls: true });
  const ca = await readFile(emulator.environment.NODE_EXTRA_CA_CERTS ?? '');
  const status = await new Promise((resolve, reject) => {
    get(`${emulator.endpoint}/_ministack/health`, { ca, agent: false }, (answer) => resolve(answer.resume().statusCode)).on(
      'error',
      reject,
    );
  });
  expect(status).toBe(200);
  await emulator.stop();
});

it('keeps its state over a stop and a start when it has a directory for it', async () => {
  const stateDir = await mkdtemp(join(tmpdir(), 'axiom-test-state-'));
  const first = await startAwsEmulator({ stateDir });
  await secrets(first, root, 'CreateSecret', { Name: 'axiom/kept', SecretString: 'value', ClientRequestToken: '4'.repeat(32) });
  await first.stop();
  const second = await startAwsEmulator({ stateDir });
  const read = await secrets(second, root, 'GetSecretValue', { SecretId: 'axiom/kept' });
  await second.stop();
  await rm(stateDir, { recursive: true });
  expect(read.body).toContain('value');
});

function policy(...statements: Record<string, unknown>[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
}
