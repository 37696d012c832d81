import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { HookDelivery } from '../../../src/agent/rotation/hooks/hook-delivery.js';
import { SecretRotation } from '../../../src/agent/rotation/secret-rotation.js';
import { aFile, aGate, aHook, aSecret, MemoryLog, MemoryTarget, MemoryTrail } from './support.js';

describe('the rotation of a secret', () => {
  let folder: string;
  let target: MemoryTarget;
  let trail: MemoryTrail;
  let log: MemoryLog;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'axiom-rotation-'));
    target = new MemoryTarget({ db: aSecret('v1') });
    trail = new MemoryTrail();
    log = new MemoryLog();
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
    for (const text of [log.text, JSON.stringify(trail.events)]) expect(text).not.toContain('canary');
  });

  const aRotation = (...hooks: Parameters<typeof aHook>[0][]) =>
    new SecretRotation({ target, trail, log, hooks: hooks.map((hook) => new HookDelivery(aHook(hook), { trail, log }, [])) });
  const aFileHook = (name: string) => ({ name, file: aFile(join(folder, name)) });
  const text = (name: string) => readFileSync(join(folder, name), 'utf8');

  it('fetches, records, and brings the new value to each hook', async () => {
    const rotation = aRotation(aFileHook('one'), aFileHook('two'), {
      name: 'other',
      secrets: ['cache'],
      file: aFile(join(folder, 'none')),
    });
    await rotation.rotate('db', 'schedule');
    target.vault.set('db', aSecret('v2'));
    await rotation.rotate('db', 'event');
    expect(trail.lines).toEqual([
      'deliver hook:one db v1 ok',
      'deliver hook:two db v1 ok',
      'rotate db v2 ok',
      'deliver hook:one db v2 ok',
      'deliver hook:two db v2 ok',
    ]);
    expect([text('one'), text('two')]).toEqual([aSecret('v2').password, aSecret('v2').password]);
  });

  it('records no rotation where the version is the same, however often it is asked for', async () => {
    const rotation = aRotation(aFileHook('one'));
    await rotation.rotate('db', 'schedule');
    await rotation.rotate('db', 'event');
    await rotation.rotate('db', 'event', true);
    expect(trail.lines).toEqual(['deliver hook:one db v1 ok']);
  });

  it('notices a rotation also when an application has fetched the new value already, or nothing is kept', async () => {
    const rotation = aRotation(aFileHook('one'));
    await rotation.rotate('db', 'schedule');
    target.vault.set('db', aSecret('v2'));
    target.held.set('db', aSecret('v2'));
    await rotation.rotate('db', 'schedule');
    target.vault.set('db', aSecret('v3'));
    target.held.clear();
    await rotation.rotate('db', 'schedule');
    target.held.clear();
    await rotation.rotate('db', 'schedule');
    expect(trail.lines.filter((line) => line.startsWith('rotate'))).toEqual(['rotate db v2 ok', 'rotate db v3 ok']);
    expect(text('one')).toBe(aSecret('v3').password);
  });

  it('makes one of many events at once, and asks again for one that comes while the vault is being asked', async () => {
    const rotation = aRotation();
    const gate = aGate();
    target.gate = gate.passed;
    const first = [rotation.rotate('db', 'event'), rotation.rotate('db', 'event'), rotation.rotate('db', 'event')];
    while (target.refreshed.length < 1) await Promise.resolve();
    target.vault.set('db', aSecret('v2'));
    const second = [rotation.rotate('db', 'event'), rotation.rotate('db', 'event')];
    gate.open();
    await Promise.all([...first, ...second]);
    expect(target.refreshed).toEqual(['db', 'db']);
    expect(target.heldVersion('db')).toBe('v2');
    expect(trail.lines).toEqual(['rotate db v1 ok', 'rotate db v2 ok']);
  });

  it('fails when the vault does, so that the event comes again', async () => {
    const rotation = aRotation();
    await expect(rotation.rotate('gone', 'event')).rejects.toMatchObject({ code: 'SECRET_NOT_FOUND' });
    expect(await rotation.attempt('gone', 'event')).toBe(false);
    expect(log.text).toContain('"secret":"gone","code":"SECRET_NOT_FOUND"');
  });

  it('brings nothing to hooks that it cannot record, and does when the event comes again', async () => {
    const rotation = aRotation(aFileHook('one'));
    await rotation.rotate('db', 'schedule');
    target.vault.set('db', aSecret('v2'));
    trail.refuse();
    await expect(rotation.rotate('db', 'event')).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
    expect(text('one')).toBe(aSecret('v1').password);
    trail.accept();
    await rotation.rotate('db', 'event', true);
    expect(trail.lines.slice(1)).toEqual(['rotate db v2 ok', 'deliver hook:one db v2 ok']);
    expect(text('one')).toBe(aSecret('v2').password);
  });

  it('records a rotation later that could not be recorded when the value came in', async () => {
    const rotation = aRotation();
    trail.refuse();
    await expect(rotation.rotate('db', 'event')).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
    trail.accept();
    await rotation.rotate('db', 'schedule');
    expect(trail.lines).toEqual(['rotate db v1 ok']);
  });

  it('records a hook that failed to the last, and the others are served', async () => {
    const rotation = aRotation({ name: 'broken', file: aFile(join(folder, 'none', 'file')) }, aFileHook('one'));
    await rotation.rotate('db', 'event');
    expect(trail.lines).toEqual(
      expect.arrayContaining(['deliver hook:one db v1 ok', 'error hook:broken db v1 FILE_FAILED', 'rotate db v1 HOOK_FAILED:broken']),
    );
    expect(rotation.isPending('db', 'v1')).toBe(true);
  });

  it('drops a deleted secret, and serves it again when it is restored', async () => {
    const rotation = aRotation();
    await rotation.rotate('db', 'event');
    await rotation.forget('db');
    expect(target.heldVersion('db')).toBeUndefined();
    expect(trail.lines.at(-1)).toBe('rotate db deleted');
    await rotation.rotate('db', 'event');
    expect(target.heldVersion('db')).toBe('v1');
  });

  it('lets an event come again when the agent stops before its hooks are done', async () => {
    const command = { run: [process.execPath, '-e', 'setInterval(() => {}, 1000)'], timeout: 600 };
    const rotation = aRotation({ name: 'slow', command });
    const rotating = rotation.rotate('db', 'event');
    rotating.catch(() => undefined);
    await trail.until('deliver hook:slow db v1 ok');
    await rotation.close();
    await expect(rotating).rejects.toMatchObject({ code: 'AGENT_STOPPING' });
  });
});
