import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AwsEmulator, startAwsEmulator } from '@axiom-runner/local-servers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { agentSettingsSchema } from '../../../src/agent/config/agent-settings.js';
import { Problem } from '../../../src/agent/problem.js';
import { type Rotation, type RotationTiming, startRotation } from '../../../src/agent/rotation/rotation.js';
import { SettingsError } from '../../../src/config/settings.js';
import { leaveAws, useAws } from '../../support/aws-environment.js';
import { EmulatedQueue } from './emulated-queue.js';
import { labelUpdated, serviceEvent, trailCall } from './events/secrets-manager-events.js';
import { aSecret, MemoryLog, MemoryTarget, MemoryTrail, NETWORK } from './support.js';

describe('rotation', () => {
  let emulator: AwsEmulator;
  let queues = 0;
  let queue: EmulatedQueue;
  let folder: string;
  let target: MemoryTarget;
  let trail: MemoryTrail;
  let log: MemoryLog;
  let rotation: Rotation | undefined;

  beforeAll(async () => {
    emulator = await startAwsEmulator();
    useAws(emulator.environment);
  });
  afterAll(async () => {
    leaveAws();
    await emulator.stop();
  });
  beforeEach(async () => {
    queues += 1;
    queue = await EmulatedQueue.create(emulator, `agent-${queues}`);
    folder = mkdtempSync(join(tmpdir(), 'axiom-rotation-'));
    target = new MemoryTarget({ db: aSecret('v1'), 'prod/cache': aSecret('v1') });
    trail = new MemoryTrail();
    log = new MemoryLog();
    rotation = undefined;
  });
  afterEach(async () => {
    await rotation?.close();
    await queue.delete();
    rmSync(folder, { recursive: true, force: true });
    for (const text of [log.text, JSON.stringify(trail.events)]) expect(text).not.toContain('canary');
  });

  /** As a user writes them: a hook with the password of `db` in a file, and the queue. */
  const start = (settings: object = {}, timing: RotationTiming = {}) => {
    const hooks = [{ name: 'web', secrets: ['db'], file: { path: join(folder, 'password'), template: '{{password}}' } }];
    const parsed = agentSettingsSchema.parse({
      secrets: { db: { name: 'legacy/db' } },
      rotation: { events: { queue_url: queue.url }, hooks, ...settings },
    });
    const running = startRotation({
      settings: parsed.rotation,
      secrets: parsed.secrets,
      vaultPrefix: 'axiom/',
      target,
      trail,
      log,
      network: NETWORK,
      timing,
    });
    rotation = running;
    return running;
  };
  const file = () => readFileSync(join(folder, 'password'), 'utf8');

  it('brings the present secret to the file of a hook at the start', async () => {
    await start().started;
    expect(file()).toBe(aSecret('v1').password);
    expect(trail.lines).toEqual(['deliver hook:web db v1 ok']);
  });

  it('tries on where the vault does not answer at the start', async () => {
    const refresh = target.refresh.bind(target);
    let failures = 2;
    target.refresh = async (id) => {
      failures -= 1;
      if (failures >= 0) throw new Problem('VAULT_UNAVAILABLE');
      return refresh(id);
    };
    await start({}, { startDelayMs: () => 0 }).started;
    await trail.until('deliver hook:web db v1 ok');
    expect(log.lines.filter((line) => line.includes('VAULT_UNAVAILABLE'))).toHaveLength(2);
  });

  it.each([
    ['the move of a label', labelUpdated('legacy/db')],
    ['a call', trailCall('PutSecretValue', 'legacy/db')],
    ['a rotation', serviceEvent('RotationSucceeded', 'legacy/db')],
    ['a message of another sender', { secret_id: 'db' }],
  ])('follows %s', async (_, event) => {
    await start().started;
    target.vault.set('db', aSecret('v2'));
    await queue.send(event);
    await trail.until('deliver hook:web db v2 ok');
    await queue.untilEmpty();
    expect(file()).toBe(aSecret('v2').password);
    expect(trail.lines).toEqual(['deliver hook:web db v1 ok', 'rotate db v2 ok', 'deliver hook:web db v2 ok']);
  });

  it('makes one rotation of an event that comes many times', async () => {
    await start().started;
    target.vault.set('db', aSecret('v2'));
    await queue.send(...Array.from({ length: 10 }, () => trailCall('PutSecretValue', 'legacy/db')));
    await queue.untilEmpty();
    expect(trail.lines).toEqual(['deliver hook:web db v1 ok', 'rotate db v2 ok', 'deliver hook:web db v2 ok']);
  });

  it('finds secrets by the prefix of the vault, and leaves alone what is none of its own', async () => {
    await start().started;
    await queue.send(labelUpdated('other/db'), labelUpdated('axiom/prod/cache'));
    await trail.until('rotate prod/cache v1 ok');
    await queue.untilEmpty();
    expect(target.refreshed).toEqual(['db', 'prod/cache']);
  });

  it('drops what was deleted, and fetches what was restored', async () => {
    await start().started;
    await queue.send(trailCall('DeleteSecret', 'legacy/db'));
    await trail.until('rotate db deleted');
    expect(target.heldVersion('db')).toBeUndefined();
    await queue.send(trailCall('RestoreSecret', 'legacy/db'));
    await queue.untilEmpty();
    expect(target.heldVersion('db')).toBe('v1');
    expect(file()).toBe(aSecret('v1').password);
  });

  it('records that the vault could not rotate a secret, whose value stays', async () => {
    await start().started;
    await queue.send(serviceEvent('RotationFailed', 'legacy/db'));
    await trail.until('error db ROTATION_FAILED');
    expect(target.heldVersion('db')).toBe('v1');
  });

  it('keeps an event in the queue until it can be recorded', async () => {
    await start({}, { visibilitySeconds: 1 }).started;
    target.vault.set('db', aSecret('v2'));
    trail.refuse();
    await queue.send(labelUpdated('legacy/db'));
    await log.until('a rotation event could not be handled; it comes again');
    expect(file()).toBe(aSecret('v1').password);
    trail.accept();
    await trail.until('deliver hook:web db v2 ok');
    await queue.untilEmpty();
    expect(file()).toBe(aSecret('v2').password);
  });

  it('records once that the queue is out of reach', async () => {
    start({ events: { queue_url: `${queue.url}-none` } });
    await trail.until('error EVENTS_UNAVAILABLE');
  });

  it('fetches one secret, or all, when it is told to', async () => {
    const running = start({ events: undefined });
    await running.started;
    target.vault.set('db', aSecret('v2'));
    await running.rotated('db');
    expect(file()).toBe(aSecret('v2').password);
    await running.rotated();
    expect(target.refreshed).toEqual(['db', 'db', 'db', 'prod/cache']);
    await running.rotated('gone');
    expect(log.text).toContain('"secret":"gone","code":"SECRET_NOT_FOUND"');
  });

  it('looks by schedule, too', async () => {
    await start({ events: undefined, schedules: [{ cron: '* * * * * *', secrets: ['*'] }] }, { jitterMs: () => 0 }).started;
    target.vault.set('db', aSecret('v2'));
    await trail.until('deliver hook:web db v2 ok');
  });

  it('delivers again after a start what was interrupted: the event was not deleted', async () => {
    const first = start({}, { visibilitySeconds: 1 });
    await first.started;
    target.vault.set('db', aSecret('v2'));
    const gate = target.refresh.bind(target);
    target.refresh = async (id) => {
      await gate(id);
      throw new Problem('AGENT_STOPPING');
    };
    await queue.send(labelUpdated('legacy/db'));
    await log.until('it comes again');
    await first.close();
    target.refresh = gate;
    start({}, { visibilitySeconds: 1 });
    await queue.untilEmpty();
    expect(file()).toBe(aSecret('v2').password);
  });

  it('does not start with a hook that could never work', () => {
    const file = { path: join(folder, 'password'), template: '{{pass}}' };
    expect(() => start({ hooks: [{ name: 'web', secrets: ['db'], file }] })).toThrow(SettingsError);
    expect(existsSync(join(folder, 'password'))).toBe(false);
  });
});
