import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { HookSettings } from '../../../../src/agent/config/agent-settings.js';
import { HookDelivery } from '../../../../src/agent/rotation/hooks/hook-delivery.js';
import { aFile, aHook, aSecret, MemoryLog, MemoryTrail } from '../support.js';

const v1 = aSecret('v1');
const v2 = aSecret('v2');
const v3 = aSecret('v3');
/** Time that no test waits for. */
const NEVER_MS = 86_400_000;
const met = { before: undefined, rotated: false, again: false };
const rotated = { before: undefined, rotated: true, again: false };

describe('delivery to a hook', () => {
  let folder: string;
  let path: string;
  let trail: MemoryTrail;
  let log: MemoryLog;
  let open: HookDelivery[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'axiom-hook-'));
    path = join(folder, 'password');
    trail = new MemoryTrail();
    log = new MemoryLog();
    open = [];
  });
  afterEach(async () => {
    await Promise.all(open.map((hook) => hook.close()));
    rmSync(folder, { recursive: true, force: true });
    for (const text of [log.text, JSON.stringify(trail.events)]) expect(text).not.toContain('canary');
  });

  const aDelivery = (more: Parameters<typeof aHook>[0], delaysMs: readonly number[] = []) => {
    const hook = new HookDelivery(aHook(more), { trail, log }, delaysMs);
    open.push(hook);
    return hook;
  };
  /** Notes each run with the secret and the file as they are, and ends with the status that the test wrote for that secret. */
  const aCommand = (): NonNullable<HookSettings['command']> => ({
    run: [
      process.execPath,
      '-e',
      `const fs = require('fs'); const [folder] = process.argv.slice(1);
       const read = (name) => { try { return fs.readFileSync(folder + '/' + name, 'utf8'); } catch { return ''; } };
       const secret = process.env.SECRET_PASSWORD;
       fs.appendFileSync(folder + '/runs', JSON.stringify({ secret, file: read('password') }) + '\\n');
       process.exit(read('refused').includes(secret) ? 1 : 0);`,
      folder,
    ],
    timeout: 30,
  });
  const refuse = (...passwords: string[]) => writeFileSync(join(folder, 'refused'), passwords.join('\n'));
  const runs = (): { secret: string; file: string }[] =>
    existsSync(join(folder, 'runs'))
      ? readFileSync(join(folder, 'runs'), 'utf8')
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line))
      : [];
  const text = () => (existsSync(path) ? readFileSync(path, 'utf8') : undefined);

  it('writes the file first, then runs the command, after a record of it', async () => {
    const hook = aDelivery({ file: aFile(path), command: aCommand() });
    expect(await hook.deliver('db', v1, rotated)).toBe('delivered');
    expect(runs()).toEqual([{ secret: v1.password, file: v1.password }]);
    expect(trail.lines).toEqual(['deliver hook:web db v1 ok']);
  });

  it('delivers a version once', async () => {
    const hook = aDelivery({ file: aFile(path), command: aCommand() });
    await hook.deliver('db', v1, rotated);
    expect(await hook.deliver('db', v1, rotated)).toBe('current');
    expect(await hook.deliver('db', v1, { ...rotated, again: true })).toBe('current');
    expect(runs()).toHaveLength(1);
  });

  it('delivers nothing that cannot be recorded, and says that it is to be tried again', async () => {
    trail.refuse();
    const hook = aDelivery({ file: aFile(path), command: aCommand() });
    await expect(hook.deliver('db', v1, rotated)).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
    expect(text()).toBeUndefined();
    expect(runs()).toEqual([]);
    trail.accept();
    expect(await hook.deliver('db', v1, { ...met, again: true })).toBe('delivered');
  });

  describe('of a secret that is met for the first time', () => {
    it('writes the file where its text differs, and runs the command only then', async () => {
      expect(await aDelivery({ file: aFile(path), command: aCommand() }).deliver('db', v1, met)).toBe('delivered');
      expect(runs()).toHaveLength(1);
      const { ino } = statSync(path);
      expect(await aDelivery({ file: aFile(path), command: aCommand() }).deliver('db', v1, met)).toBe('current');
      expect(runs()).toHaveLength(1);
      expect(statSync(path).ino).toBe(ino);
      expect(trail.lines).toEqual(['deliver hook:web db v1 ok']);
    });

    it('runs no command that has no file, but does at the next version', async () => {
      const hook = aDelivery({ command: aCommand() });
      expect(await hook.deliver('db', v1, met)).toBe('current');
      expect(await hook.deliver('db', v2, met)).toBe('delivered');
      expect(runs().map(({ secret }) => secret)).toEqual([v2.password]);
    });

    it('runs the command when an event comes again: whoever had it may have died between file and command', async () => {
      writeFileSync(path, v1.password);
      const hook = aDelivery({ file: aFile(path), command: aCommand() });
      await hook.deliver('db', v1, met);
      expect(runs()).toEqual([]);
      expect(await hook.deliver('db', v1, { ...met, again: true })).toBe('delivered');
      expect(await hook.deliver('db', v1, { ...met, again: true })).toBe('current');
      expect(runs()).toHaveLength(1);
    });
  });

  describe('whose command fails', () => {
    it('puts the file back, runs the command again with the previous secret, and succeeds at a later try', async () => {
      const hook = aDelivery({ file: aFile(path), command: aCommand() }, [0]);
      await hook.deliver('db', v1, rotated);
      refuse(v2.password);
      const delivered = hook.deliver('db', v2, rotated);
      // The command is there for the second try: it is repaired as soon as the first has been rolled back.
      await log.until('was rolled back');
      refuse('nothing');
      expect(await delivered).toBe('delivered');
      expect(runs()).toEqual([
        { secret: v1.password, file: v1.password },
        { secret: v2.password, file: v2.password },
        { secret: v1.password, file: v1.password },
        { secret: v2.password, file: v2.password },
      ]);
      expect(trail.lines).toEqual([
        'deliver hook:web db v1 ok',
        'deliver hook:web db v2 ok',
        'deliver hook:web db v1 ok',
        'error hook:web db v2 COMMAND_FAILED',
        'deliver hook:web db v2 ok',
      ]);
    });

    it('removes a file that was new, and runs nothing where there is no previous secret', async () => {
      refuse(v1.password);
      expect(await aDelivery({ file: aFile(path), command: aCommand() }).deliver('db', v1, rotated)).toBe('failed');
      expect(text()).toBeUndefined();
      expect(runs()).toHaveLength(1);
    });

    it('goes back to what was held before where the hook has had nothing', async () => {
      writeFileSync(path, 'of an earlier run');
      refuse(v2.password);
      expect(await aDelivery({ file: aFile(path), command: aCommand() }).deliver('db', v2, { ...rotated, before: v1 })).toBe('failed');
      expect(text()).toBe('of an earlier run');
      expect(runs().map(({ secret }) => secret)).toEqual([v2.password, v1.password]);
    });

    it('gives up after its tries, is behind then, and is tried anew the next time', async () => {
      const hook = aDelivery({ file: aFile(path), command: aCommand() }, [0, 0]);
      refuse(v2.password);
      await hook.deliver('db', v1, rotated);
      expect(await hook.deliver('db', v2, rotated)).toBe('failed');
      expect(trail.lines.filter((line) => line === 'error hook:web db v2 COMMAND_FAILED')).toHaveLength(3);
      expect(hook.isBehind('db', 'v2')).toBe(true);
      refuse('nothing');
      expect(await hook.deliver('db', v2, met)).toBe('delivered');
      expect(hook.isBehind('db', 'v2')).toBe(false);
      expect(text()).toBe(v2.password);
    });

    it('gives way to a newer version, which goes back to the last that worked', async () => {
      const hook = aDelivery({ file: aFile(path), command: aCommand() }, [NEVER_MS]);
      await hook.deliver('db', v1, rotated);
      refuse(v2.password, v3.password);
      const older = hook.deliver('db', v2, rotated);
      await trail.until('error hook:web db v2 COMMAND_FAILED');
      const newer = hook.deliver('db', v3, { ...rotated, before: v2 });
      expect(await older).toBe('superseded');
      await trail.until('error hook:web db v3 COMMAND_FAILED');
      expect(text()).toBe(v1.password);
      expect(runs().at(-1)).toEqual({ secret: v1.password, file: v1.password });
      await hook.close();
      expect(await newer).toBe('stopped');
    });

    it('gives way to the version that it has, when the vault goes back to that', async () => {
      const hook = aDelivery({ file: aFile(path), command: aCommand() }, [NEVER_MS]);
      await hook.deliver('db', v1, rotated);
      refuse(v2.password);
      const newer = hook.deliver('db', v2, rotated);
      await trail.until('error hook:web db v2 COMMAND_FAILED');
      expect(await hook.deliver('db', v1, { ...rotated, before: v2 })).toBe('current');
      expect(await newer).toBe('superseded');
      expect(text()).toBe(v1.password);
    });

    it('says so when it cannot be rolled back either', async () => {
      const hook = aDelivery({ file: aFile(path), command: aCommand() });
      await hook.deliver('db', v1, rotated);
      refuse(v1.password, v2.password);
      expect(await hook.deliver('db', v2, rotated)).toBe('failed');
      expect(log.text).toContain('could not be rolled back');
      expect(text()).toBe(v1.password);
    });
  });

  it('is stopped in the middle of a command: the file goes back, and the next start delivers anew', async () => {
    const command = { run: [process.execPath, '-e', `console.log('up'); setInterval(() => {}, 1000)`], timeout: 600 };
    const hook = aDelivery({ file: aFile(path), command });
    const delivered = hook.deliver('db', v1, rotated);
    await trail.until('deliver hook:web db v1 ok');
    await hook.close();
    expect(await delivered).toBe('stopped');
    expect(text()).toBeUndefined();
    expect(await hook.deliver('db', v1, rotated)).toBe('stopped');
  });

  it('serves one secret after the other, and lets none wait for the further tries of another', async () => {
    const hook = aDelivery({ secrets: ['*'], command: aCommand() }, [NEVER_MS]);
    refuse(v1.password);
    const failing = hook.deliver('db', v1, rotated);
    await trail.until('error hook:web db v1 COMMAND_FAILED');
    const others = await Promise.all(['a', 'b', 'c'].map((id) => hook.deliver(id, aSecret(id), rotated)));
    expect(others).toEqual(['delivered', 'delivered', 'delivered']);
    await hook.close();
    expect(await failing).toBe('stopped');
  });

  describe('with a signal', () => {
    let server: ChildProcess;
    afterEach(() => void server.kill('SIGKILL'));

    it('makes the process read its file again', async () => {
      const pidFile = join(folder, 'web.pid');
      const hook = aDelivery({ file: aFile(path), signal: { pid_file: pidFile, name: 'SIGHUP' } });
      await hook.deliver('db', v1, met);
      expect(log.text).toContain('nobody to signal');
      const script = `const fs = require('fs'); const tell = () => console.log(fs.readFileSync(process.argv[1], 'utf8'));
        process.on('SIGHUP', tell); setInterval(() => {}, 1000); tell();`;
      server = spawn(process.execPath, ['-e', script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
      if (server.stdout === null) throw new Error('the process has no output');
      const output = server.stdout.setEncoding('utf8');
      expect(await once(output, 'data')).toEqual([`${v1.password}\n`]);
      writeFileSync(pidFile, String(server.pid), { mode: 0o644 });
      const heard = once(output, 'data');
      expect(await hook.deliver('db', v2, rotated)).toBe('delivered');
      expect(await heard).toEqual([`${v2.password}\n`]);
    });
  });
});
