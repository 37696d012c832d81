import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { TaskBody } from '@axiom-runner/protocol';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { AttackedRunner, attemptOf, Signer } from '../../../attacks/hostile-control-plane.js';
import { TABLE_READ } from '../../../attacks/stage.js';
import { DatabaseServer, PRINCIPAL_PASSWORD, SYSTEM } from '../../../integrations/postgresql/database-server.js';
import { errorOf } from '../../../secrets/builders.js';
import { ask, Bench, HOUR } from './bench.js';
import { READ, removeTombstones, SECRET, usersOf } from './database.js';

const AGENT = fileURLToPath(new URL('agent-process.ts', import.meta.url));
const MINUTE = 60;

describe('what an agent leaves behind', () => {
  jest.setTimeout(180_000);
  let server: DatabaseServer;
  let bench: Bench;
  let signer: Signer;

  beforeAll(async () => {
    [server, signer] = await Promise.all([DatabaseServer.start(18), Signer.create()]);
  });
  beforeEach(() => {
    bench = new Bench({ [SECRET]: server.secret() });
  });
  afterEach(async () => {
    await bench.leave();
    await removeTombstones(server);
  });
  afterAll(() => server?.stop());

  const users = () => usersOf(server);

  /** Kills an agent that has made some users and is about to make another. */
  async function killAgent(): Promise<void> {
    const agent = spawn(process.execPath, ['--import', 'tsx', AGENT, bench.secrets.path, bench.stateFolder, String(bench.seconds)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let made = 0;
    for await (const _ of createInterface({ input: agent.stdout })) {
      made += 1;
      if (made === 5) agent.kill('SIGKILL');
    }
    if (agent.exitCode === null && agent.signalCode === null) await once(agent, 'exit');
    expect((await users()).length).toBeGreaterThanOrEqual(5);
  }

  /** A runner of the same group. */
  function aRunner(): AttackedRunner {
    AttackedRunner.seconds = bench.seconds;
    const runner = new AttackedRunner({ signer, secrets: { [SECRET]: server.secret() } });
    runner.systems.watch(SYSTEM);
    return runner;
  }

  it('by a kill is ended when it starts again', async () => {
    await killAgent();
    const vault = await bench.open();
    expect(await users()).toEqual([]);
    expect(new Set(bench.kinds)).toEqual(new Set(['revoked']));
    const secret = await ask(vault);
    await vault.tend();
    expect(await users()).toEqual([secret.username]);
  });

  it('by a kill is ended by a runner of its group past the expiry, and not before', async () => {
    await killAgent();
    await aRunner().reaper.round();
    expect((await users()).length).toBeGreaterThanOrEqual(5);
    bench.seconds += HOUR + 1;
    await aRunner().reaper.round();
    expect(await server.ownRoles()).toEqual([]);
  });

  it('by a kill is ended past the expiry by another agent of its group', async () => {
    await killAgent();
    bench.seconds += HOUR + 1;
    await bench.open({}, { stateFolder: `${bench.stateFolder}-of-another` });
    while ((await users()).length > 0);
    expect(bench.kinds).toEqual([]);
  });

  it('is told from what other agents and the runners of its group made', async () => {
    const other = await bench.open({}, { stateFolder: `${bench.stateFolder}-of-another` });
    const theirs = await ask(other);
    const runner = aRunner();
    const principal = await server.newPrincipal();
    const task: TaskBody = { type: 'ProvisionAccess', system: SYSTEM, ...TABLE_READ, justification: 'x', durationSeconds: HOUR, principal };
    const envelope = await signer.sign(task, 'agent-request', bench.seconds);
    const attempt = attemptOf('agent-request');
    await runner.access.apply(attempt, envelope, (await runner.access.plan(attempt, envelope)).intent);
    await killAgent();
    await bench.open();
    expect(await users()).toEqual([theirs.username]);
    expect(await server.may(principal.id, PRINCIPAL_PASSWORD, 'app', READ)).toBe(true);
  });

  it('is looked for again where the system did not answer at the start', async () => {
    await killAgent();
    await server.server.kill();
    const vault = await bench.open();
    await server.server.restart();
    expect((await users()).length).toBeGreaterThanOrEqual(5);
    bench.seconds += MINUTE;
    await vault.tend();
    expect(await users()).toEqual([]);
  });

  describe('while the database is away', () => {
    const goesAway = () => server.server.kill();
    const comesBack = () => server.server.restart();

    it('is answered as long as it lives, and succeeded once the database is back', async () => {
      const vault = await bench.open();
      const old = await ask(vault);
      await goesAway();
      expect(await errorOf(() => ask(vault, 'billing'))).toMatchObject({ code: 'TARGET_UNREACHABLE', retryable: true });
      bench.seconds += 56 * MINUTE;
      const left = await ask(vault);
      expect(left).toEqual({ ...old, expiresAt: (bench.seconds + 2 * MINUTE) * 1000 });
      const tries = bench.events.length;
      expect(await ask(vault)).toEqual(left);
      expect(bench.events.length).toBe(tries);
      await comesBack();
      bench.seconds += 15;
      const successor = await ask(vault);
      for (const { username, password } of [old, successor]) expect(await server.may(username, password, 'app', READ)).toBe(true);
    });

    it('is not answered past its end', async () => {
      const vault = await bench.open();
      await ask(vault);
      await goesAway();
      bench.seconds += HOUR - 4;
      expect(await errorOf(() => ask(vault))).toMatchObject({ code: 'TARGET_UNREACHABLE' });
      await comesBack();
    });

    it('is ended when it is back, where its application is gone', async () => {
      const vault = await bench.open();
      await ask(vault);
      await goesAway();
      await vault.revokeApplication('shop');
      expect(bench.kinds).toEqual(['made', 'not-revoked']);
      await comesBack();
      await vault.tend();
      expect(bench.kinds).toEqual(['made', 'not-revoked']);
      bench.seconds += 15;
      await vault.tend();
      expect([bench.kinds, vault.leases, await users()]).toEqual([['made', 'not-revoked', 'revoked'], 0, []]);
    });

    it('is left to the reaper at its end', async () => {
      const vault = await bench.open();
      await ask(vault);
      await goesAway();
      bench.seconds += HOUR;
      await vault.tend();
      expect([bench.kinds, vault.leases]).toEqual([['made', 'not-revoked'], 0]);
      await comesBack();
      await aRunner().reaper.round();
      expect(await users()).toEqual([]);
    });
  });

  it('is not answered in its last third when its integration secret is gone', async () => {
    const vault = await bench.open();
    const secret = await ask(vault);
    bench.secrets.remove(SECRET);
    expect(await ask(vault)).toEqual(secret);
    bench.seconds += 40 * MINUTE;
    for (let tries = 0; tries < 2; tries += 1) expect(await errorOf(() => ask(vault))).toMatchObject({ code: 'SECRET_NOT_FOUND' });
    bench.secrets.put(SECRET, server.secret());
  });
});
