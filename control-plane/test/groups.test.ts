import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readTask, type TaskBody } from '@axiom-runner/protocol';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import {
  activateTaskKey,
  addIntegration,
  addTaskKey,
  apiKeySet,
  createGroup,
  findGroup,
  listKeys,
  makeEnvelope,
  readGroups,
  removeIntegration,
  renderEnvironmentFile,
  retireTaskKey,
  rotateApiKey,
  verificationKeySet,
} from '../src/index.js';
import { takeResult } from '../src/temporal/results-server.js';
import { removeFolders, temporaryHome, testedResult } from './support/homes.js';

const sweep: TaskBody = { type: 'SweepOrphans' };

afterEach(removeFolders);

describe('a group', () => {
  it('has ids and an environment that a runner starts with', async () => {
    const home = await temporaryHome();
    const { tenantId, group, apiKey, environment } = await createGroup(home, { name: 'production' });
    expect([tenantId, group.name]).toEqual(['acme', 'production']);
    expect(group.id).toMatch(/^rg-[0-9a-f]{12}$/);
    expect(renderEnvironmentFile(environment).split('\n').slice(0, 5)).toEqual([
      'TENANT_ID=acme',
      `RUNNER_GROUP_ID=${group.id}`,
      `RUNNER_API_KEY=${apiKey}`,
      'AXIOM_ACTIONS_ADDRESS_AND_PORT=127.0.0.1:9',
      'AXIOM_TLS=off',
    ]);
    const key = environment.find(({ name }) => name === 'AXIOM_TASK_VERIFICATION_KEY')?.value ?? '';
    expect(JSON.parse(key)).toEqual(await verificationKeySet(home));
  });

  it('leaves defaults and, with plain tasks, the verification key out of its environment', async () => {
    const home = await temporaryHome({ address: 'axiomactions.axiom.security:443', tls: 'on' });
    const { environment } = await createGroup(home, { name: 'plain', signedTasks: false });
    expect(environment.map(({ name }) => name)).toEqual(['TENANT_ID', 'RUNNER_GROUP_ID', 'RUNNER_API_KEY']);
  });

  it('is found by id, by name, and without either when it is the only one', async () => {
    const home = await temporaryHome();
    await expect(findGroup(home, undefined)).rejects.toThrow(/there are: none/);
    const { group } = await createGroup(home, { name: 'eu' });
    expect(await findGroup(home, 'eu')).toEqual(group);
    expect(await findGroup(home, group.id)).toEqual(group);
    expect(await findGroup(home, undefined)).toEqual(group);
    await createGroup(home, { name: 'us', id: 'rg-us' });
    await expect(findGroup(home, undefined)).rejects.toThrow(/us \(rg-us\)/);
    await expect(findGroup(home, 'asia')).rejects.toMatchObject({ exitCode: 1 });
  });

  it('takes neither a name nor an id that is there already', async () => {
    const home = await temporaryHome();
    await createGroup(home, { name: 'eu', id: 'rg-eu' });
    for (const taken of [{ name: 'eu' }, { name: 'rg-eu' }, { name: 'us', id: 'rg-eu' }]) {
      await expect(createGroup(home, taken)).rejects.toThrow(/already/);
    }
    await expect(createGroup(home, { name: 'us', id: '../us' })).rejects.toThrow(/group's id is malformed/);
    expect(await readGroups(home)).toHaveLength(1);
  });

  it('has integrations', async () => {
    const home = await temporaryHome();
    const { group } = await createGroup(home, { name: 'eu' });
    const system = { type: 'postgresql', id: 'db' };
    expect(await addIntegration(home, group.id, system)).toBe(true);
    expect(await addIntegration(home, group.id, system)).toBe(false);
    expect((await findGroup(home, 'eu')).integrations).toEqual([expect.objectContaining(system)]);
    expect(await removeIntegration(home, group.id, system)).toBe(true);
    expect(await removeIntegration(home, group.id, system)).toBe(false);
  });
});

describe('an API key', () => {
  it("is a JWT with the claims of Temporal's authorizer, verifiable by the published set", async () => {
    const home = await temporaryHome();
    const { apiKey, group } = await createGroup(home, { name: 'eu' });
    const { payload, protectedHeader } = await jwtVerify(apiKey, createLocalJWKSet(await apiKeySet(home)));
    expect(payload).toEqual({ permissions: ['acme:write'], sub: `runner-group/${group.id}`, iat: expect.any(Number) });
    expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'JWT', kid: group.apiKeys[0]?.kid });
  });

  it('ends when asked to', async () => {
    const home = await temporaryHome();
    const { apiKey } = await createGroup(home, { name: 'eu', keyExpiresInSeconds: 60 });
    const { payload } = await jwtVerify(apiKey, createLocalJWKSet(await apiKeySet(home)));
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60);
    const later = await apiKeySet(home, new Date(Date.now() + 61_000));
    await expect(jwtVerify(apiKey, createLocalJWKSet(later))).rejects.toThrow(/no applicable key/);
  });

  it('is kept nowhere, and neither is what could make another', async () => {
    const home = await temporaryHome();
    const { apiKey, group } = await createGroup(home, { name: 'eu' });
    const files = (await readdir(home.folder)).filter((name) => name.endsWith('.json'));
    const texts = await Promise.all(files.map((name) => readFile(join(home.folder, name), 'utf8')));
    expect(texts.join()).not.toContain(apiKey.split('.')[2]);
    expect(Object.keys(group.apiKeys[0]?.publicJwk ?? {}).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    expect(JSON.stringify([await apiKeySet(home), await verificationKeySet(home), await listKeys(home)])).not.toContain('"d"');
  });

  it('is followed by another: the old one stays good for the grace period, or ends at once', async () => {
    const home = await temporaryHome();
    const first = await createGroup(home, { name: 'eu' });
    const second = await rotateApiKey(home, first.group.id, 3600);
    const isGood = async (apiKey: string, at = new Date()) =>
      (await apiKeySet(home, at)).keys.some(({ kid }) => kid === decodeProtectedHeader(apiKey).kid);
    expect([await isGood(first.apiKey), await isGood(second.apiKey)]).toEqual([true, true]);
    const afterGrace = new Date(Date.now() + 3_601_000);
    expect([await isGood(first.apiKey, afterGrace), await isGood(second.apiKey, afterGrace)]).toEqual([false, true]);
    const third = await rotateApiKey(home, first.group.id, 0);
    expect([await isGood(first.apiKey), await isGood(second.apiKey), await isGood(third.apiKey)]).toEqual([false, false, true]);
  });
});

describe('the envelope of a task', () => {
  it('is signed for one group and one window', async () => {
    const home = await temporaryHome();
    const { group } = await createGroup(home, { name: 'eu' });
    const envelope = await makeEnvelope(home, group, 'request-1', sweep);
    const task = await readTask(envelope, { audience: `acme/${group.id}`, verificationKeys: await verificationKeySet(home) });
    expect(task).toEqual({
      schemaVersion: 1,
      jti: 'request-1',
      aud: `acme/${group.id}`,
      iat: expect.any(Number),
      exp: task.iat + 120,
      task: sweep,
    });
    await expect(readTask(envelope, { audience: 'acme/other', verificationKeys: await verificationKeySet(home) })).rejects.toThrow();
  });

  it('is plain for a group of plain tasks, or when asked for', async () => {
    const home = await temporaryHome();
    const { group } = await createGroup(home, { name: 'eu', signedTasks: false });
    expect(await makeEnvelope(home, group, 'request-1', sweep)).toHaveProperty('task.task', sweep);
    const signed = await createGroup(home, { name: 'us' });
    expect(await makeEnvelope(home, signed.group, 'request-1', sweep, { signed: false })).toHaveProperty('task.task', sweep);
  });

  it.each([0, 301, 1.5])('refuses a validity of %s seconds', async (validitySeconds) => {
    const home = await temporaryHome();
    const { group } = await createGroup(home, { name: 'eu' });
    await expect(makeEnvelope(home, group, 'request-1', sweep, { validitySeconds })).rejects.toMatchObject({ exitCode: 64 });
  });

  it('refuses a request id and a body that the protocol does not know', async () => {
    const home = await temporaryHome();
    const { group } = await createGroup(home, { name: 'eu' });
    await expect(makeEnvelope(home, group, 'a b', sweep)).rejects.toThrow(/request id must be/);
    const body: TaskBody = { type: 'TestConnection', system: { type: 'postgresql', id: '../other' } };
    await expect(makeEnvelope(home, group, 'request-1', body)).rejects.toThrow(/system\.id/);
  });

  it('is signed by the key that is active', async () => {
    const home = await temporaryHome();
    const { group } = await createGroup(home, { name: 'eu' });
    const kidOf = async () => {
      const envelope = await makeEnvelope(home, group, 'request-1', sweep);
      return 'jws' in envelope ? decodeProtectedHeader(envelope.jws).kid : undefined;
    };
    const old = await kidOf();
    const added = await addTaskKey(home);
    expect((await verificationKeySet(home)).keys.map(({ kid }) => kid)).toEqual([old, added]);
    expect(await kidOf()).toBe(old);
    await activateTaskKey(home, added);
    expect(await kidOf()).toBe(added);
    await expect(retireTaskKey(home, added)).rejects.toThrow(/signs the tasks/);
    await retireTaskKey(home, String(old));
    expect((await verificationKeySet(home)).keys.map(({ kid }) => kid)).toEqual([added]);
    await expect(activateTaskKey(home, 'unknown')).rejects.toThrow(/no task key unknown/);
  });
});

describe('a delivery', () => {
  it('of a result of this tenant is stored, and told once', async () => {
    const home = await temporaryHome();
    const { group } = await createGroup(home, { name: 'eu' });
    const told: string[] = [];
    const onResult = ({ resultId }: { resultId: string }) => told.push(resultId);
    await takeResult(home, testedResult(group.id, 'one'), { onResult });
    await takeResult(home, testedResult(group.id, 'one'), { onResult });
    expect(told).toEqual(['one/run/0']);
  });

  it.each([
    ['is no result', { secret: 'canary-91ab' }, /malformed: .*stage/],
    ['is of another tenant', { ...testedResult('rg-eu', 'one'), tenantId: 'other' }, /another tenant/],
    ['is of an unknown group', testedResult('../../etc', 'one'), /unknown runner group/],
    ['has unknown members', { ...testedResult('rg-eu', 'one'), extra: 1 }, /unrecognized_keys/],
  ])('that %s is refused for good, without repeating its content', async (_, input, reason) => {
    const home = await temporaryHome();
    await createGroup(home, { name: 'eu', id: 'rg-eu' });
    const reasons: string[] = [];
    await expect(takeResult(home, input, { onRejected: (text) => reasons.push(text) })).rejects.toMatchObject({
      nonRetryable: true,
      message: expect.stringMatching(reason),
    });
    expect(reasons).toEqual([expect.stringMatching(reason)]);
    expect(reasons.join()).not.toContain('canary');
  });

  it('of a batch cannot choose its file', async () => {
    const home = await temporaryHome();
    const { group } = await createGroup(home, { name: 'eu' });
    const { checks: _, ...header } = { ...testedResult(group.id, 'one'), checks: undefined };
    const batch = { ...header, stage: 'batch', requestId: '../../../escaped', sequence: 0, items: '' };
    await expect(takeResult(home, batch)).rejects.toMatchObject({ nonRetryable: true });
  });
});
