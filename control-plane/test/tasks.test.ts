import { startTemporal, type TemporalServer } from '@axiom-runner/local-servers';
import type { Item } from '@axiom-runner/protocol';
import {
  accessHistory,
  ControlPlaneError,
  createGroup,
  dispenseCredential,
  extendAccess,
  type Group,
  type Home,
  type Link,
  listAccesses,
  openLink,
  type ResultsServer,
  revokeAccess,
  serveResults,
  startTask,
  taskStatus,
  verificationKeySet,
  waitForCollection,
  waitForStage,
} from '../src/index.js';
import { startFakeRunner } from './support/fake-runner.js';
import { removeFolders, temporaryHome } from './support/homes.js';

const wait = { timeoutMs: 30_000 };
const db = { type: 'postgresql', id: 'db' } as const;
const accessRequest = {
  system: db,
  target: { kind: 'database', path: ['app'] },
  permission: 'read',
  justification: 'incident 7',
  durationSeconds: 600,
};
const provision = { type: 'ProvisionAccess' as const, ...accessRequest, principal: { kind: 'role', id: 'ada' } };

let server: TemporalServer;
let home: Home;
let group: Group;
let link: Link;
let results: ResultsServer;
let stopRunner: () => Promise<void>;
const rejected: string[] = [];

beforeAll(async () => {
  server = await startTemporal({ namespaces: ['acme'] });
  home = await temporaryHome({ address: server.address });
  ({ group } = await createGroup(home, { name: 'eu' }));
  link = await openLink(home);
  results = await serveResults(home, { onRejected: (reason) => rejected.push(reason) });
  stopRunner = await startFakeRunner({
    address: server.address,
    namespace: 'acme',
    groupId: group.id,
    verificationKeys: await verificationKeySet(home),
  });
}, 120_000);

afterAll(async () => {
  await stopRunner?.();
  await results?.stop();
  await link?.close();
  await server?.stop();
  await removeFolders();
}, 60_000);

describe('a task', () => {
  it('is started, taken by a runner that verifies its signature, and its result is waited for', async () => {
    const task = await startTask(link, group, { type: 'TestConnection', system: db });
    const { checks } = await waitForStage(home, task, ['tested'], wait);
    expect(checks).toEqual([expect.objectContaining({ name: 'connect', outcome: 'ok' })]);
  }, 60_000);

  it('delivers a result twice and has it stored once', async () => {
    const task = await startTask(link, group, { type: 'SweepOrphans' });
    await waitForStage(home, task, ['swept'], wait);
    await link.client.workflow.getHandle(task.requestId).result();
    expect(await home.results.ofRequest(group.id, task.requestId)).toHaveLength(1);
    expect(rejected).toEqual([]);
  }, 60_000);

  it('reports the failure of a runner with its code and mend', async () => {
    const task = await startTask(link, group, { type: 'TestConnection', system: { type: 'postgresql', id: 'absent' } });
    await expect(waitForStage(home, task, ['tested'], wait)).rejects.toMatchObject({
      code: 'SECRET_NOT_FOUND',
      message: 'SECRET_NOT_FOUND: The secret does not exist. (axiom-security/postgresql/absent)',
      mend: 'create it',
      exitCode: 1,
    });
  }, 60_000);

  it('is refused when its request id was used before, by this home or another', async () => {
    const again = { requestId: 'once' };
    const task = await startTask(link, group, { type: 'SweepOrphans' }, again);
    await waitForStage(home, task, ['swept'], wait);
    await expect(startTask(link, group, { type: 'SweepOrphans' }, again)).rejects.toThrow(/once was used before/);
    const other = await temporaryHome({ address: server.address });
    const otherLink = await openLink(other);
    try {
      await expect(startTask(otherLink, group, { type: 'SweepOrphans' }, again)).rejects.toThrow(/once was used before/);
    } finally {
      await otherLink.close();
    }
  }, 60_000);

  it('carries no time-out, retry or cron of the server', async () => {
    const task = await startTask(link, group, { type: 'SweepOrphans' });
    await waitForStage(home, task, ['swept'], wait);
    const { raw } = await link.client.workflow.getHandle(task.requestId).describe();
    expect(Number(raw.executionConfig?.workflowExecutionTimeout?.seconds ?? 0)).toBe(0);
    expect(Number(raw.executionConfig?.workflowRunTimeout?.seconds ?? 0)).toBe(0);
  }, 60_000);
});

describe('a collection', () => {
  it('is complete when its summary and every batch have arrived', async () => {
    const task = await startTask(link, group, { type: 'CollectData', system: db });
    const { summary, items } = await waitForCollection(home, task, wait);
    const all: Item[] = [];
    for await (const item of items()) all.push(item);
    expect(summary.counts).toEqual({ principal: 2 });
    expect(all).toEqual([expect.objectContaining({ item: 'principal' }), expect.objectContaining({ item: 'principal' })]);
  }, 60_000);
});

describe('an access', () => {
  it('is granted, extended and revoked, with its evidence and timeline', async () => {
    const access = await startTask(link, group, provision);
    await waitForStage(home, access, ['granted'], wait);
    expect(await taskStatus(link, access.requestId, 20_000)).toEqual({ state: 'granted', expiresAt: 2_000_000_000 });

    const answer = await extendAccess(link, { ...access, system: db }, 2_000_003_600, 20_000);
    expect(answer).toEqual({ expiresAt: 2_000_003_600 });
    const extended = await waitForStage(home, access, ['extended'], wait);
    expect(extended.access.expiresAt).toBe(2_000_003_600);

    await revokeAccess(link, access);
    const revoked = await waitForStage(home, access, ['revoked'], wait);
    expect(revoked.evidence.proved).toBe(true);

    const history = await accessHistory(home, access.requestId);
    expect(history.access).toMatchObject({ state: 'revoked', cause: 'asked', justification: 'incident 7', expiresAt: 2_000_003_600 });
    expect(history.events.map(({ event }) => event).sort()).toEqual(
      ['asked for', 'extended', 'extension asked for', 'granted', 'revocation asked for', 'revoked'].sort(),
    );
  }, 60_000);

  it('that has ended cannot be revoked or extended', async () => {
    const access = await startTask(link, group, provision);
    await waitForStage(home, access, ['granted'], wait);
    await revokeAccess(link, access);
    await waitForStage(home, access, ['revoked'], wait);
    await link.client.workflow.getHandle(access.requestId).result();
    await expect(revokeAccess(link, access)).rejects.toThrow(/no living access/);
    await expect(extendAccess(link, { ...access, system: db }, 2_000_003_600, 20_000)).rejects.toThrow(/no living access/);
  }, 60_000);

  it('may be extended only by a signed message', async () => {
    const access = await startTask(link, group, provision);
    await waitForStage(home, access, ['granted'], wait);
    await expect(extendAccess(link, { ...access, system: db }, 2_000_003_600, 20_000, { signed: false })).rejects.toThrow(
      /The runner refuses: The task is not signed/,
    );
    await revokeAccess(link, access);
    await waitForStage(home, access, ['revoked'], wait);
  }, 60_000);

  it('stays "granted" in the list of accesses until its end is reported', async () => {
    const access = await startTask(link, group, provision);
    await waitForStage(home, access, ['granted'], wait);
    const one = async () => (await listAccesses(home, group.id)).find(({ requestId }) => requestId === access.requestId);
    expect(await one()).toMatchObject({ state: 'granted', principal: { kind: 'role', id: 'ada' } });
    await revokeAccess(link, access);
    await waitForStage(home, access, ['revoked'], wait);
    expect(await one()).toMatchObject({ state: 'revoked', evidence: { proved: true } });
  }, 60_000);
});

describe('a credential', () => {
  it('is sealed by the runner and opened only here', async () => {
    const { credential, requestId } = await dispenseCredential(link, group, accessRequest, wait);
    expect(credential.values).toEqual({ username: 'temporary', password: 'canary-7c1f', host: 'db.example.com', port: '5432' });
    const stored = JSON.stringify([await home.results.ofRequest(group.id, requestId), (await home.requests.read()).entries]);
    expect(stored).toContain('sealedCredential');
    expect(stored).not.toContain('canary-7c1f');
  }, 60_000);

  it('is revoked when it does not come in time', async () => {
    let requestId = '';
    const impatient = { timeoutMs: 0, onStarted: (id: string) => (requestId = id) };
    await expect(dispenseCredential(link, group, accessRequest, impatient)).rejects.toBeInstanceOf(ControlPlaneError);
    await waitForStage(home, { requestId, group }, ['revoked'], wait);
  }, 60_000);
});

describe('without a runner', () => {
  it('says that none answered, and which group it was', async () => {
    const { group: lonely } = await createGroup(home, { name: 'lonely' });
    const task = await startTask(link, lonely, { type: 'TestConnection', system: db });
    await expect(waitForStage(home, task, ['tested'], { timeoutMs: 200 })).rejects.toMatchObject({
      message: expect.stringContaining('No runner of group lonely'),
      exitCode: 69,
    });
  }, 60_000);

  it('stops waiting when asked to', async () => {
    const task = await startTask(link, group, provision);
    await waitForStage(home, task, ['granted'], wait);
    const waiting = waitForStage(home, task, ['revoked'], { ...wait, signal: AbortSignal.abort() });
    await expect(waiting).rejects.toMatchObject({ message: expect.stringContaining('Stopped waiting'), exitCode: 1 });
    await revokeAccess(link, task);
    await waitForStage(home, task, ['revoked'], wait);
  }, 60_000);
});
