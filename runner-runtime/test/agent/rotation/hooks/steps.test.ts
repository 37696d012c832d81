import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as nextLook } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { runCommand } from '../../../../src/agent/rotation/hooks/command.js';
import { sendSignal } from '../../../../src/agent/rotation/hooks/signal.js';
import { runUnitAction } from '../../../../src/agent/rotation/hooks/unit.js';
import { aSecret, canary, MemoryLog } from '../support.js';

const asRoot = process.getuid?.() === 0 ? it : it.skip;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'axiom-hook-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the command of a hook', () => {
  let log: MemoryLog;
  let stop: AbortController;
  beforeEach(() => {
    log = new MemoryLog();
    stop = new AbortController();
  });
  const node = (script: string, timeout = 30, secret = aSecret('v1')) =>
    runCommand({ run: [process.execPath, '-e', script, folder], timeout }, 'prod/db', secret, { log, signal: stop.signal });

  it('gets the secret in its environment, and nothing of the agent but what every program needs', async () => {
    process.env['AWS_SECRET_ACCESS_KEY'] = 'of-the-agent';
    try {
      await node(
        `require('fs').writeFileSync(process.argv[1] + '/env', JSON.stringify(process.env))`,
        30,
        aSecret('v1', { expiresAt: Date.parse('2025-05-30T18:00:00Z') }),
      );
    } finally {
      delete process.env['AWS_SECRET_ACCESS_KEY'];
    }
    const environment = JSON.parse(readFileSync(join(folder, 'env'), 'utf8'));
    expect(environment).toMatchObject({
      SECRET_ID: 'prod/db',
      SECRET_USERNAME: 'app',
      SECRET_PASSWORD: canary('v1'),
      SECRET_EXPIRES_AT: '2025-05-30T18:00:00Z',
    });
    const others = Object.keys(environment).filter((name) => !name.startsWith('SECRET_'));
    expect(['PATH', 'HOME', 'LANG', 'TZ']).toEqual(expect.arrayContaining(others));
  });

  it('is run without a shell', async () => {
    await runCommand({ run: [process.execPath, '-e', '', '$(exit 1)', ';false'], timeout: 30 }, 'db', aSecret('v1'), {
      log,
      signal: stop.signal,
    });
    expect(log.text).toContain('"status":0');
  });

  it('shows what it prints, but for the secret in any form', async () => {
    await node(`
      const secret = process.env.SECRET_PASSWORD;
      console.log('user', process.env.SECRET_USERNAME, secret, JSON.stringify({ secret }), encodeURIComponent(secret));
      console.error('base64', Buffer.from(secret).toString('base64'));`);
    expect(log.text).toContain('user app [redacted]');
    expect(log.text).toContain('base64 [redacted]');
    expect(log.text).not.toContain('canary');
    expect(log.text).not.toContain(Buffer.from(canary('v1')).toString('base64'));
  });

  it('shows no part of the secret where its output is cut off', async () => {
    await node(`process.stdout.write('x'.repeat(8192 - 10) + process.env.SECRET_PASSWORD + 'x'.repeat(100_000))`);
    expect(log.text).toContain('xxx');
    expect(log.text).not.toContain('canary');
  });

  it('shows nothing that it prints when the secret is too short to be told from other text', async () => {
    await node(`console.log('k' + process.env.SECRET_PASSWORD)`, 30, aSecret('v1', { password: 'q7' }));
    expect(log.text).toContain('[not shown]');
    expect(log.text).not.toContain('q7');
  });

  it('fails with its exit code, its signal, or the reason why it did not start', async () => {
    await expect(node('process.exit(3)')).rejects.toMatchObject({
      code: 'COMMAND_FAILED',
      message: expect.stringContaining('ended with 3'),
    });
    await expect(node(`process.kill(process.pid, 'SIGTERM')`)).rejects.toMatchObject({ message: expect.stringContaining('SIGTERM') });
    const missing = runCommand({ run: [join(folder, 'none')], timeout: 30 }, 'db', aSecret('v1'), { log, signal: stop.signal });
    await expect(missing).rejects.toMatchObject({ code: 'COMMAND_FAILED', message: expect.stringContaining('ENOENT') });
  });

  it('fails without telling the value that no variable can hold', async () => {
    const failure = await node('', 30, aSecret('v1', { password: `${canary('v1')}\0` })).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'COMMAND_FAILED' });
    expect(String(failure)).not.toContain('canary');
    const tooLarge = await node('', 30, aSecret('v1', { password: 'canary'.repeat(500_000) })).catch((error: unknown) => error);
    expect(tooLarge).toMatchObject({ code: 'COMMAND_FAILED', message: expect.stringContaining('E2BIG') });
    expect(String(tooLarge)).not.toContain('canary');
  });

  it('is ended with all that it started when its time is up', async () => {
    const script = `
      const child = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
      require('fs').writeFileSync(process.argv[1] + '/pid', String(child.pid));
      setInterval(() => {}, 1000);`;
    await expect(node(script, 5)).rejects.toMatchObject({ code: 'COMMAND_TIMEOUT' });
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
    while (!isDead(pid)) await nextLook(20);
  });

  it('is ended when the agent stops', async () => {
    const running = node('setInterval(() => {}, 1000)', 600);
    stop.abort();
    await expect(running).rejects.toMatchObject({ code: 'COMMAND_TIMEOUT', message: expect.stringContaining('the agent stops') });
  });

  it('does not wait for what it left running', async () => {
    const script = `
      const child = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit', detached: true });
      require('fs').writeFileSync(process.argv[1] + '/pid', String(child.pid));
      process.exit(0);`;
    await node(script);
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
    expect(isDead(pid)).toBe(false);
    process.kill(pid, 'SIGKILL');
  });
});

/** Whoever adopts a process may be slow to take its exit status: a zombie is as dead. */
function isDead(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return true;
  }
  try {
    return /^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return process.platform === 'linux';
  }
}

describe('the signal of a hook', () => {
  let child: ChildProcess | undefined;
  let pidFile: string;
  beforeEach(() => {
    pidFile = join(folder, 'web.pid');
  });
  afterEach(() => {
    child?.kill('SIGKILL');
    child = undefined;
  });
  const start = async (script: string) => {
    child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    if (child.stdout === null || child.pid === undefined) throw new Error('the process did not start');
    const lines = child.stdout.setEncoding('utf8');
    await once(lines, 'data');
    return { pid: child.pid, lines };
  };
  const signal = () => sendSignal({ pid_file: pidFile, name: 'SIGHUP' });
  const waiting = `setInterval(() => {}, 1000); process.on('SIGHUP', () => console.log('again')); console.log('up');`;

  it('reaches the process of the pid file, whose further lines do not count', async () => {
    const { pid, lines } = await start(waiting);
    writeFileSync(pidFile, `${pid}\n/var/lib/data\n5432\n`, { mode: 0o644 });
    const heard = once(lines, 'data');
    expect(await signal()).toBe(true);
    expect(await heard).toEqual(['again\n']);
  });

  it('finds nobody where there is no pid file, or no such process', async () => {
    expect(await signal()).toBe(false);
    const { pid } = await start(waiting);
    child?.kill('SIGKILL');
    if (child !== undefined) await once(child, 'exit');
    writeFileSync(pidFile, String(pid), { mode: 0o644 });
    expect(await signal()).toBe(false);
  });

  it.each(['', '0', '1', '-5', '+7', '12x', '99999999', '0x10', String(process.pid), 'a\n17'])('refuses the pid %j', async (text) => {
    writeFileSync(pidFile, text, { mode: 0o644 });
    await expect(signal()).rejects.toMatchObject({ code: 'SIGNAL_REFUSED', message: expect.stringContaining('no process id') });
  });

  it('refuses a pid file that others may write, or that is a link', async () => {
    writeFileSync(pidFile, '4000000');
    chmodSync(pidFile, 0o666);
    await expect(signal()).rejects.toMatchObject({ code: 'SIGNAL_REFUSED', mend: `chmod go-w '${pidFile}'` });
    rmSync(pidFile);
    symlinkSync('/etc/hostname', pidFile);
    await expect(signal()).rejects.toMatchObject({ code: 'SIGNAL_REFUSED', message: `${pidFile} is a symbolic link.` });
  });

  asRoot('lets the owner of a pid file choose among his own processes only', async () => {
    const { pid } = await start(waiting);
    writeFileSync(pidFile, String(pid), { mode: 0o644 });
    chownSync(pidFile, 12_345, 0);
    await expect(signal()).rejects.toMatchObject({ code: 'SIGNAL_REFUSED', message: expect.stringContaining('neither of root') });
  });
});

describe('the unit of a hook', () => {
  const path = process.env['PATH'];
  afterEach(() => {
    process.env['PATH'] = path;
  });
  const aSystemctl = (script: string) => {
    writeFileSync(join(folder, 'systemctl'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    process.env['PATH'] = `${folder}:${path}`;
  };
  const { signal } = new AbortController();

  it('is restarted or reloaded by systemctl, which asks nobody for a password', async () => {
    aSystemctl(`printf '%s\\n' "$*" >> ${folder}/calls`);
    await runUnitAction({ name: 'web.service', action: 'reload' }, signal);
    await runUnitAction({ name: 'web@1.service', action: 'restart' }, signal);
    expect(readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n')).toEqual([
      '--no-ask-password --quiet reload -- web.service',
      '--no-ask-password --quiet restart -- web@1.service',
    ]);
  });

  it('fails when systemctl does', async () => {
    aSystemctl('exit 5');
    await expect(runUnitAction({ name: 'web.service', action: 'restart' }, signal)).rejects.toMatchObject({
      code: 'UNIT_FAILED',
      message: 'systemctl restart web.service ended with 5.',
    });
  });

  it('says so where there is no systemctl', async () => {
    process.env['PATH'] = folder;
    await expect(runUnitAction({ name: 'web.service', action: 'restart' }, signal)).rejects.toMatchObject({
      code: 'UNIT_FAILED',
      mend: expect.stringContaining('no systemctl'),
    });
  });
});
