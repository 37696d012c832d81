import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AwsEmulator, freePort, startAwsEmulator } from '@axiom-runner/local-servers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { awsSecretsManager } from '../../src/secrets/aws-secrets-manager.js';
import { leaveAws, useAws } from '../support/aws-environment.js';
import { asRoot, countingProxy, createProxyRole, createRunner, EXTERNAL_ID, refusing } from './aws-account.js';
import { errorOf } from './builders.js';

const NETWORK = { proxy: undefined, noProxy: undefined, extraCa: undefined };
const NAME = 'axiom-security/postgresql/db.example.com';
const CANARY = 'canary-secret-text';
const DENIED = { code: 'SECRET_ACCESS_DENIED', retryable: false, message: expect.stringContaining('cannot access secret manager') };

const aStore = (more: Partial<Parameters<typeof awsSecretsManager>[0]> = {}) =>
  awsSecretsManager({ region: 'us-east-1', network: NETWORK, sessionName: 'axiom-runner-test', ...more });
const refusal = (name = NAME, store = aStore()) => errorOf(() => store.read(name));

describe('the store in AWS Secrets Manager', () => {
  let emulator: AwsEmulator;
  let runnerEnvironment: Record<string, string>;
  let proxyRoleArn: string;
  let bareRoleArn: string;

  beforeAll(async () => {
    emulator = await startAwsEmulator({ enforceIam: true });
    const runner = await createRunner(emulator);
    runnerEnvironment = {
      ...emulator.environment,
      AWS_ACCESS_KEY_ID: runner.id,
      AWS_SECRET_ACCESS_KEY: runner.secret,
      AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
      AWS_CONFIG_FILE: '/nonexistent',
    };
    proxyRoleArn = await createProxyRole(emulator, 'Axiom-Security-Proxy', { reads: true });
    bareRoleArn = await createProxyRole(emulator, 'Axiom-Security-Bare', { reads: false });
    await asRoot(emulator, 'CreateSecret', { Name: NAME, SecretString: CANARY });
    await asRoot(emulator, 'CreateSecret', { Name: 'other/closed', SecretString: CANARY });
  });
  afterAll(() => emulator.stop());

  beforeEach(() => {
    useAws(runnerEnvironment);
  });
  afterEach(() => {
    leaveAws();
  });

  it('reads a secret', async () => {
    expect(await aStore().read(NAME)).toEqual({ current: CANARY });
  });

  it('reads in the region of the process when none is set', async () => {
    expect(await aStore({ region: undefined }).read(NAME)).toEqual({ current: CANARY });
    expect(await refusal(NAME, aStore({ region: 'eu-west-1' }))).toMatchObject({ code: 'SECRET_NOT_FOUND' });
  });

  it('finds no secret of another name, and says where it looked', async () => {
    const error = await refusal('axiom-security/mysql/none');
    expect(error).toMatchObject({ code: 'SECRET_NOT_FOUND', retryable: false, object: 'axiom-security/mysql/none' });
    expect(error.mend).toContain('AWS_SECRETS_MANAGER_REGION');
  });

  it('is denied what the role may not read, with the causes that users meet', async () => {
    const error = await refusal('other/closed');
    expect(error).toMatchObject({ ...DENIED, object: 'other/closed' });
    expect(error.mend).toContain('<IAM_ROLE_HERE>');
  });

  it('is denied with keys that nobody knows, and with a wrong secret key', async () => {
    process.env['AWS_SECRET_ACCESS_KEY'] = 'wrong';
    expect(await refusal()).toMatchObject(DENIED);
    process.env['AWS_ACCESS_KEY_ID'] = 'AKIAIOSFODNN7EXAMPLE';
    expect(await refusal()).toMatchObject(DENIED);
  });

  it('is denied without any credentials, and names the placeholder of the manifest', async () => {
    delete process.env['AWS_ACCESS_KEY_ID'];
    delete process.env['AWS_SECRET_ACCESS_KEY'];
    const error = await refusal();
    expect(error).toMatchObject({ ...DENIED, message: 'The runner cannot access secret manager: it has no AWS credentials.' });
    expect(error.mend).toContain('<IAM_ROLE_HERE>');
  });

  it('opens a store in another account through the proxy role', async () => {
    expect(await aStore({ proxyRole: { roleArn: proxyRoleArn, externalId: EXTERNAL_ID } }).read(NAME)).toEqual({ current: CANARY });
  });

  it.each([
    ['a wrong external id', () => ({ roleArn: proxyRoleArn, externalId: 'tenant-2' })],
    ['no external id', () => ({ roleArn: proxyRoleArn, externalId: '' })],
    ['a role that does not exist', () => ({ roleArn: `${proxyRoleArn}-gone`, externalId: EXTERNAL_ID })],
    ['a role that may not read', () => ({ roleArn: bareRoleArn, externalId: EXTERNAL_ID })],
  ])('is denied through the proxy role with %s', async (_, proxyRole) => {
    const error = await refusal(NAME, aStore({ proxyRole: proxyRole() }));
    expect(error).toMatchObject(DENIED);
    expect(error.mend).toContain(proxyRole().roleArn);
  });

  it('is denied when the placeholder was left where the role of the service account belongs', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'axiom-test-token-'));
    writeFileSync(join(folder, 'token'), 'a.b.c');
    const sts = await refusing(
      '<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>roleArn: at least 20 characters</Message></Error></ErrorResponse>',
    );
    delete process.env['AWS_ACCESS_KEY_ID'];
    delete process.env['AWS_SECRET_ACCESS_KEY'];
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: sts.endpoint,
      AWS_ROLE_ARN: '<IAM_ROLE_HERE>',
      AWS_WEB_IDENTITY_TOKEN_FILE: join(folder, 'token'),
    });
    const error = await refusal();
    sts.close();
    rmSync(folder, { recursive: true });
    expect(error).toMatchObject(DENIED);
    expect(error.mend).toContain('<IAM_ROLE_HERE>');
  });

  it('says when it is the key that may not be used', async () => {
    const aws = await refusing(JSON.stringify({ __type: 'AccessDeniedException', Message: 'Access to KMS is not allowed' }));
    process.env['AWS_ENDPOINT_URL'] = aws.endpoint;
    const error = await refusal();
    aws.close();
    expect(error).toMatchObject(DENIED);
    expect(error.mend).toContain('kms:Decrypt');
  });

  // The emulator makes no secret without a value; the words are those of AWS.
  it('says of a secret that was made empty how to fill it', async () => {
    const Message = "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT";
    const aws = await refusing(JSON.stringify({ __type: 'ResourceNotFoundException', Message }));
    process.env['AWS_ENDPOINT_URL'] = aws.endpoint;
    const error = await refusal();
    aws.close();
    expect(error).toMatchObject({ code: 'SECRET_NOT_FOUND', message: expect.stringContaining('has no value yet') });
    expect(error.mend).toContain(`put-secret-value --secret-id ${NAME}`);
  });

  it('refuses a binary secret', async () => {
    await asRoot(emulator, 'CreateSecret', { Name: 'axiom-security/aws/binary', SecretBinary: Buffer.from(CANARY).toString('base64') });
    expect(await refusal('axiom-security/aws/binary')).toMatchObject({
      code: 'SECRET_MALFORMED',
      message: expect.stringContaining('binary'),
    });
  });

  it('takes a deleted secret for none, though AWS could restore it', async () => {
    await asRoot(emulator, 'CreateSecret', { Name: 'axiom-security/aws/deleted', SecretString: CANARY });
    await asRoot(emulator, 'DeleteSecret', { SecretId: 'axiom-security/aws/deleted', RecoveryWindowInDays: 7 });
    const error = await refusal('axiom-security/aws/deleted');
    expect(error).toMatchObject({ code: 'SECRET_NOT_FOUND' });
    expect(error.mend).toContain('restore-secret');
  });

  it('can be tried again when it does not answer', async () => {
    process.env['AWS_ENDPOINT_URL'] = `http://127.0.0.1:${await freePort()}`;
    expect(await refusal()).toMatchObject({ code: 'SECRET_STORE_UNAVAILABLE', retryable: true, object: NAME });
  });

  it('lets concurrent readers of one secret share a request, and keeps nothing afterwards', async () => {
    const proxy = await countingProxy(emulator.endpoint);
    process.env['AWS_ENDPOINT_URL'] = proxy.endpoint;
    const store = aStore();
    const read = await Promise.all(Array.from({ length: 20 }, () => store.read(NAME)));
    expect(new Set(read.map(({ current }) => current))).toEqual(new Set([CANARY]));
    expect(proxy.count).toBe(1);
    await store.read(NAME);
    expect(proxy.count).toBe(2);
    await Promise.allSettled([store.read(NAME), store.read('axiom-security/mysql/none'), store.read('axiom-security/mysql/none')]);
    expect(proxy.count).toBe(4);
    proxy.close();
  });

  it('reads the previous version beside the current one', async () => {
    const name = 'axiom-security/aws/rotated';
    await asRoot(emulator, 'CreateSecret', { Name: name, SecretString: 'first' });
    expect(await aStore().readWithPrevious(name)).toEqual({ current: 'first', previous: undefined });
    await asRoot(emulator, 'PutSecretValue', { SecretId: name, SecretString: 'second' });
    expect(await aStore().readWithPrevious(name)).toEqual({ current: 'second', previous: 'first' });
    expect(await aStore().read(name)).toEqual({ current: 'second' });
  });

  it('passes over a previous version that is binary', async () => {
    const name = 'axiom-security/aws/was-binary';
    await asRoot(emulator, 'CreateSecret', { Name: name, SecretBinary: Buffer.from('first').toString('base64') });
    await asRoot(emulator, 'PutSecretValue', { SecretId: name, SecretString: 'second' });
    expect(await aStore().readWithPrevious(name)).toEqual({ current: 'second', previous: undefined });
  });

  it('never shows a secret or a key in an error', async () => {
    const errors = [await refusal('other/closed'), await refusal('axiom-security/mysql/none')];
    for (const error of errors) {
      const shown = `${error.stack} ${JSON.stringify(error)} ${JSON.stringify(error.cause)}`;
      expect(shown).not.toContain(CANARY);
      expect(shown).not.toContain(String(runnerEnvironment['AWS_SECRET_ACCESS_KEY']));
    }
  });
});
