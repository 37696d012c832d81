import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type AwsEmulator, freePort, startAwsEmulator } from '@axiom-runner/local-servers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { query, root } from '../../../../local-servers/test/aws-call.js';
import type { AwsVaultSettings } from '../../../src/agent/config/agent-settings.js';
import { awsVault } from '../../../src/agent/vaults/aws-secrets-manager.js';
import type { Vault } from '../../../src/agent/vaults/vault.js';
import { asRoot, createProxyRole, createRunner, EXTERNAL_ID, RUNNER_ARN } from '../../secrets/aws-account.js';
import { errorOf } from '../../secrets/builders.js';
import { leaveAws, useAws } from '../../support/aws-environment.js';
import { aLog, aRequest, DIRECT } from './builders.js';

const PREFIX = 'axiom-security/agent/';
const VERSION = /^[0-9a-f-]{32,36}$/;
const NEVER = new AbortController().signal;
const secretOf = (password: string) => JSON.stringify({ username: 'produser', password });

describe('the vault in AWS Secrets Manager', () => {
  let emulator: AwsEmulator;
  let agentEnvironment: Record<string, string>;
  let proxyRoleArn: string;
  let vaults: Vault[] = [];
  let log: ReturnType<typeof aLog>;
  let now: number;
  let serial = 0;
  let servers: Server[] = [];

  beforeAll(async () => {
    emulator = await startAwsEmulator({ enforceIam: true });
    const agent = await createRunner(emulator);
    agentEnvironment = {
      ...emulator.environment,
      AWS_ACCESS_KEY_ID: agent.id,
      AWS_SECRET_ACCESS_KEY: agent.secret,
      AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
      AWS_CONFIG_FILE: '/nonexistent',
    };
    proxyRoleArn = await createProxyRole(emulator, 'Axiom-Security-Proxy', { reads: true });
    await asRoot(emulator, 'CreateSecret', { Name: 'other/closed', SecretString: secretOf('canary') });
  });
  afterAll(() => emulator.stop());
  beforeEach(() => {
    useAws(agentEnvironment);
    log = aLog();
    now = Date.now();
  });
  afterEach(async () => {
    await Promise.all(vaults.map((vault) => vault.close()));
    vaults = [];
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    servers = [];
    leaveAws();
  });

  const open = (settings: Partial<AwsVaultSettings> = {}, timeoutMs = 60_000): Vault => {
    const vault = awsVault({
      settings: { type: 'aws-secrets-manager', region: 'us-east-1', prefix: PREFIX, describe: true, ...settings },
      network: DIRECT,
      sessionName: 'axiomrunner-agent-host.example.com',
      timeoutMs,
      log,
      now: () => now,
    });
    vaults.push(vault);
    return vault;
  };
  /** Stores a secret of its own for a test. @returns its id */
  const store = async (text = secretOf('canary-1')): Promise<string> => {
    serial += 1;
    const id = `db-${serial}`;
    await asRoot(emulator, 'CreateSecret', { Name: PREFIX + id, SecretString: text });
    return id;
  };
  const allowDescribe = (allowed: boolean) => {
    const document = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'secretsmanager:DescribeSecret', Resource: '*' }] };
    return query(emulator, root, 'iam', {
      Action: allowed ? 'PutUserPolicy' : 'DeleteUserPolicy',
      UserName: 'runner',
      PolicyName: 'describe',
      ...(allowed ? { PolicyDocument: JSON.stringify(document) } : {}),
    });
  };

  it('gives user name, password and the version of a secret under its prefix', async () => {
    const id = await store();
    expect(await open().fetch(aRequest(id))).toEqual({
      username: 'produser',
      password: 'canary-1',
      version: expect.stringMatching(VERSION),
    });
    expect(open()).toMatchObject({ name: 'aws-secrets-manager', perApplication: false });
  });

  it('reads another name, and other fields, where the configuration says so', async () => {
    const id = await store('plain');
    const settings = { name: PREFIX + id, username: 'fixed' };
    expect(await open({ prefix: '' }).fetch(aRequest('prod', { settings }))).toMatchObject({ username: 'fixed', password: 'plain' });
  });

  it('gives the new version after a rotation', async () => {
    const id = await store();
    const vault = open();
    const first = await vault.fetch(aRequest(id));
    await asRoot(emulator, 'PutSecretValue', { SecretId: PREFIX + id, SecretString: secretOf('canary-2') });
    const second = await vault.fetch(aRequest(id, { known: first }));
    expect(second.password).toBe('canary-2');
    expect(second.version).not.toBe(first.version);
  });

  it('notices with each call that a secret was deleted or denied', async () => {
    const id = await store();
    const vault = open();
    const known = await vault.fetch(aRequest(id));
    await asRoot(emulator, 'DeleteSecret', { SecretId: PREFIX + id, RecoveryWindowInDays: 7 });
    expect(await errorOf(() => vault.fetch(aRequest(id, { known })))).toMatchObject({ code: 'SECRET_NOT_FOUND' });
    const denied = await errorOf(() => vault.fetch(aRequest('closed', { settings: { name: 'other/closed' } })));
    expect(denied).toMatchObject({
      code: 'SECRET_ACCESS_DENIED',
      object: 'other/closed',
      message: expect.stringContaining('The agent cannot access'),
    });
    const missing = await errorOf(() => vault.fetch(aRequest('none')));
    expect(missing).toMatchObject({ code: 'SECRET_NOT_FOUND', object: `${PREFIX}none` });
    expect(missing.mend).toContain('vault.region');
  });

  it('names a malformed secret without its value', async () => {
    const id = await store('{"username":"u","passwort":"canary-value"}');
    const error = await errorOf(() => open().fetch(aRequest(id)));
    expect(error).toMatchObject({ code: 'SECRET_MALFORMED', message: expect.stringContaining('"passwort"') });
    expect(`${error.stack} ${JSON.stringify(error)}`).not.toContain('canary-value');
  });

  it('opens a vault in another account through the role', async () => {
    const id = await store();
    const role = { role_arn: proxyRoleArn, external_id: EXTERNAL_ID };
    expect(await open(role).fetch(aRequest(id))).toMatchObject({ password: 'canary-1' });
    const refused = await errorOf(() => open({ ...role, external_id: 'tenant-2' }).fetch(aRequest(id)));
    expect(refused).toMatchObject({ code: 'SECRET_ACCESS_DENIED' });
    expect(refused.mend).toContain(proxyRoleArn);
  });

  it('says as whom it signs in', async () => {
    expect(await open().test(NEVER)).toBe(`${RUNNER_ARN} in us-east-1`);
    const role = { role_arn: proxyRoleArn, external_id: EXTERNAL_ID };
    expect(await open(role).test(NEVER)).toContain(':assumed-role/Axiom-Security-Proxy/axiomrunner-agent-host.example.com in us-east-1');
    expect(await errorOf(() => open({ ...role, external_id: 'tenant-2' }).test(NEVER))).toMatchObject({
      code: 'SECRET_ACCESS_DENIED',
      object: proxyRoleArn,
    });
    process.env['AWS_SECRET_ACCESS_KEY'] = 'wrong';
    expect(await errorOf(() => open().test(NEVER))).toMatchObject({ code: 'SECRET_ACCESS_DENIED' });
    process.env['AWS_ENDPOINT_URL'] = `http://127.0.0.1:${await freePort()}`;
    expect(await errorOf(() => open().test(NEVER))).toMatchObject({ code: 'SECRET_STORE_UNAVAILABLE', retryable: true });
  });

  it('gives up with who asked, and after its own time', async () => {
    const silent = createServer(() => {});
    servers.push(silent);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    process.env['AWS_ENDPOINT_URL'] = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const asking = new AbortController();
    const asked = open().fetch(aRequest('db', { signal: asking.signal }));
    asking.abort(new Error('nobody waits'));
    await expect(asked).rejects.toThrow('nobody waits');
    expect(await errorOf(() => open({}, 50).fetch(aRequest('db')))).toMatchObject({
      code: 'SECRET_STORE_UNAVAILABLE',
      message: 'AWS did not answer in time.',
    });
  });

  describe('the next rotation', () => {
    /** Says of every secret what the emulator leaves out; counts what was asked. */
    const withRotation = async (said: Readonly<Record<string, unknown>>) => {
      const asked: string[] = [];
      const server = createServer((incoming, answer) => {
        const action = String(incoming.headers['x-amz-target'] ?? '').replace('secretsmanager.', '');
        asked.push(action);
        const { method, headers } = incoming;
        const onward = request(new URL(incoming.url ?? '/', emulator.endpoint), { method, headers, agent: false }, async (response) => {
          const chunks: Buffer[] = [];
          for await (const chunk of response) chunks.push(chunk as Buffer);
          const text = Buffer.concat(chunks).toString();
          const told = action === 'DescribeSecret' && response.statusCode === 200 ? JSON.stringify({ ...JSON.parse(text), ...said }) : text;
          answer.writeHead(response.statusCode ?? 502, { 'content-type': 'application/x-amz-json-1.1' }).end(told);
        });
        incoming.pipe(onward);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      process.env['AWS_ENDPOINT_URL'] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      servers.push(server);
      return { asked };
    };
    const inAnHour = () => Math.floor(now / 1000) + 3_600;
    beforeEach(() => allowDescribe(true));
    afterEach(() => allowDescribe(false));

    it('is until when a secret is good', async () => {
      await withRotation({ RotationEnabled: true, NextRotationDate: inAnHour() });
      const id = await store();
      expect(await open().fetch(aRequest(id))).toMatchObject({ expiresAt: inAnHour() * 1000 });
      const expiring = await store(JSON.stringify({ password: 'p', until: inAnHour() - 600 }));
      expect(await open().fetch(aRequest(expiring, { settings: { expires_field: 'until' } }))).toMatchObject({
        expiresAt: (inAnHour() - 600) * 1000,
      });
    });

    it.each([
      ['off', { RotationEnabled: false, NextRotationDate: 4_102_444_800 }],
      ['late, for it failed', { RotationEnabled: true, NextRotationDate: 1_000_000_000 }],
      ['not told', {}],
    ])('says nothing of a secret whose rotation is %s', async (_, said) => {
      await withRotation(said);
      expect((await open().fetch(aRequest(await store()))).expiresAt).toBeUndefined();
    });

    it('is not asked for where the configuration says so', async () => {
      const aws = await withRotation({ RotationEnabled: true, NextRotationDate: inAnHour() });
      const vault = open({ describe: false });
      expect((await vault.fetch(aRequest(await store()))).expiresAt).toBeUndefined();
      expect(vault.versionOf).toBeUndefined();
      expect(aws.asked).toEqual(['GetSecretValue']);
    });

    it('is missed by nobody who may not ask for it: said once, and asked again after a while', async () => {
      await allowDescribe(false);
      const aws = await withRotation({ RotationEnabled: true, NextRotationDate: inAnHour() });
      const id = await store();
      const vault = open();
      for (let call = 0; call < 3; call += 1) expect(await vault.fetch(aRequest(id))).toMatchObject({ password: 'canary-1' });
      expect(await vault.versionOf?.(aRequest(id))).toMatch(VERSION);
      expect(aws.asked.filter((action) => action === 'DescribeSecret')).toHaveLength(1);
      await allowDescribe(true);
      now += 900_000;
      expect(await vault.fetch(aRequest(id))).toHaveProperty('expiresAt');
      expect(log.lines).toHaveLength(1);
      expect(log.lines[0]).toContain('secretsmanager:DescribeSecret');
    });

    it('is told of one secret also after another was asked for that the role may not describe', async () => {
      await withRotation({ RotationEnabled: true, NextRotationDate: inAnHour() });
      await allowDescribe(false);
      const vault = open();
      expect(await errorOf(() => vault.fetch(aRequest('closed', { settings: { name: 'other/closed' } })))).toMatchObject({
        code: 'SECRET_ACCESS_DENIED',
      });
      await allowDescribe(true);
      expect(await vault.fetch(aRequest(await store()))).toMatchObject({ expiresAt: inAnHour() * 1000 });
    });

    it('tells the current version without reading the secret', async () => {
      const aws = await withRotation({});
      const id = await store();
      const vault = open();
      const { version } = await vault.fetch(aRequest(id));
      aws.asked.length = 0;
      expect(await vault.versionOf?.(aRequest(id))).toBe(version);
      expect(aws.asked).toEqual(['DescribeSecret']);
      await asRoot(emulator, 'PutSecretValue', { SecretId: PREFIX + id, SecretString: secretOf('canary-2') });
      expect(await vault.versionOf?.(aRequest(id))).not.toBe(version);
    });
  });
});
