import { execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ended } from './script-folder.js';

/**
 * A host with systemd as its first process: this machine's own files under a layer in memory that takes what is written, in namespaces of
 * its own but for the network.
 */
export interface SystemdHost {
  /** Folder of its files as seen from here. */
  readonly root: string;
  /** Runs a program in it. */
  run(program: string, args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<Ended>;
  stop(): Promise<void>;
}

/** Why there can be none on this machine; nothing when there can. */
export function missingForSystemd(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root';
  if (spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status !== 0) return 'needs a host that lets root mount';
  const missing = ['systemd-nspawn', 'dbus-daemon', 'nsenter'].filter((program) => spawnSync(program, ['--version']).error !== undefined);
  return missing.length === 0 ? undefined : `needs ${missing.join(', ')}: install systemd systemd-container dbus util-linux`;
}

const BOOT = `
mount -t tmpfs -o size=2g,mode=755 none "$0" && mkdir "$0/upper" "$0/work" "$0/root" &&
mount -t overlay overlay -o "lowerdir=/,upperdir=$0/upper,workdir=$0/work" "$0/root" &&
exec systemd-nspawn --quiet --register=no --keep-unit --directory "$0/root" --machine axiom-test --boot systemd.unit=basic.target`;
const BOOT_LIMIT_MS = 60_000;

/** Boots one with nothing but systemd's own services. */
export async function bootSystemd(): Promise<SystemdHost> {
  const folder = mkdtempSync(join(tmpdir(), 'axiom-systemd-'));
  const machine = spawn('unshare', ['--mount', 'sh', '-c', BOOT, folder], { stdio: ['ignore', 'pipe', 'pipe'] });
  let console = '';
  for (const stream of [machine.stdout, machine.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      console += text;
    });
  }
  const ended = new Promise<void>((resolve) => machine.once('close', () => resolve()));
  const stop = async () => {
    machine.kill('SIGTERM');
    const late = setTimeout(() => machine.kill('SIGKILL'), 20_000);
    await ended;
    clearTimeout(late);
    rmSync(folder, { recursive: true, force: true });
  };
  const run: SystemdHost['run'] = (program, args, environment = {}) => {
    const inside = ['--target', `${firstProcess(machine.pid)}`, '--mount', '--uts', '--ipc', '--pid', '--', program, ...args];
    return new Promise((resolve) => {
      const child = execFile(
        'nsenter',
        inside,
        { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', ...environment }, timeout: 120_000 },
        (_, stdout, stderr) => resolve({ code: child.exitCode ?? -1, output: stdout + stderr }),
      );
      child.stdin?.end();
    });
  };
  for (const giveUp = Date.now() + BOOT_LIMIT_MS; ; await sleep(200)) {
    if (firstProcess(machine.pid) !== undefined && (await run('systemctl', ['is-system-running'])).output === 'running\n') break;
    if (Date.now() < giveUp && machine.exitCode === null) continue;
    await stop();
    throw new Error(`systemd does not start:\n${console.slice(-2000)}`);
  }
  return { root: `/proc/${firstProcess(machine.pid)}/root`, run, stop };
}

/** systemd, as this machine counts processes. */
function firstProcess(parent: number | undefined): number | undefined {
  try {
    const [child] = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim().split(' ');
    return child === undefined || child === '' ? undefined : Number(child);
  } catch {
    return undefined;
  }
}
