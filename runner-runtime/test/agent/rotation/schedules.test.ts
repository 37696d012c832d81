import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Schedule } from '../../../src/agent/rotation/schedules.js';
import { idsOf } from '../../../src/agent/rotation/secret-patterns.js';
import { SecretRotation } from '../../../src/agent/rotation/secret-rotation.js';
import { aGate, aSecret, MemoryLog, MemoryTarget, MemoryTrail } from './support.js';

describe('a schedule', () => {
  let target: MemoryTarget;
  let trail: MemoryTrail;
  let log: MemoryLog;
  let schedule: Schedule | undefined;
  beforeEach(() => {
    target = new MemoryTarget({ db: aSecret('v1'), 'prod/a': aSecret('v1'), 'prod/b': aSecret('v1') });
    trail = new MemoryTrail();
    log = new MemoryLog();
  });
  afterEach(() => schedule?.close());

  /** By default of a day that never comes: only `tick` makes rounds. */
  const aSchedule = (secrets: string[], cron = '0 0 30 2 *') => {
    const rotation = new SecretRotation({ target, trail, log, hooks: [] });
    schedule = new Schedule({ settings: { cron, secrets }, rotation, target, log, jitterMs: () => 0 });
    return schedule;
  };

  it('fetches the secrets that its patterns name', async () => {
    await aSchedule(['prod/*']).tick();
    expect(target.refreshed).toEqual(['prod/a', 'prod/b']);
  });

  it('fetches only what has another version, where the vault tells it', async () => {
    const round = aSchedule(['*']);
    await round.tick();
    target.refreshed.length = 0;
    target.vault.set('prod/a', aSecret('v2'));
    await round.tick();
    await round.tick();
    expect(target.refreshed).toEqual(['prod/a']);
    expect(trail.lines).toEqual(['rotate prod/a v2 ok']);
  });

  it('fetches all where the vault tells no version', async () => {
    target.tellsVersions = false;
    const round = aSchedule(['*']);
    await round.tick();
    await round.tick();
    expect(target.refreshed).toHaveLength(6);
    expect(trail.lines).toEqual([]);
  });

  it('fetches nothing twice where nothing is kept, nor what a deletion dropped and came back the same', async () => {
    const round = aSchedule(['db']);
    await round.tick();
    target.held.clear();
    await round.tick();
    expect(target.refreshed).toEqual(['db']);
  });

  it('records what an application had fetched before the schedule saw it', async () => {
    const round = aSchedule(['db']);
    await round.tick();
    target.vault.set('db', aSecret('v2'));
    target.held.set('db', aSecret('v2'));
    await round.tick();
    expect(trail.lines).toEqual(['rotate db v2 ok']);
  });

  it('goes on with the others when one fails', async () => {
    await aSchedule(['gone', '*']).tick();
    expect(target.refreshed).toEqual(['gone', 'db', 'prod/a', 'prod/b']);
    expect(log.text).toContain('"secret":"gone","code":"SECRET_NOT_FOUND"');
  });

  it('makes no round while one runs', async () => {
    const gate = aGate();
    target.gate = gate.passed;
    const round = aSchedule(['db']);
    const rounds = [round.tick(), round.tick()];
    gate.open();
    await Promise.all(rounds);
    expect(target.refreshed).toEqual(['db']);
  });

  it('makes its rounds by itself at the times of its expression', async () => {
    target.tellsVersions = false;
    aSchedule(['db'], '* * * * * *');
    await trailOf('v2');
    await trailOf('v3');
    expect(trail.lines).toEqual(['rotate db v2 ok', 'rotate db v3 ok']);

    async function trailOf(version: string): Promise<void> {
      while (target.refreshed.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      target.vault.set('db', aSecret(version));
      await trail.until(`rotate db ${version} ok`);
    }
  });
});

describe('patterns', () => {
  it('name ids that nobody knows only where they are written out', () => {
    expect(idsOf(['a', 'b/*', 'a'], ['b/1', 'b', 'c'])).toEqual(['a', 'b/1']);
    expect(idsOf(['*'], ['b/1', 'c'])).toEqual(['b/1', 'c']);
  });
});
