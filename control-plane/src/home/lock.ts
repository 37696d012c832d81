import { randomUUID } from 'node:crypto';
import { link, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemCode, unavailableError } from '../errors.js';

/** A lock is held for milliseconds; one of another machine that is older than this was left behind. */
const FOREIGN_LOCK_STALE_MS = 30_000;
const DEFAULT_PATIENCE_MS = 20_000;

/**
 * Runs something while no other process runs anything under the same lock file. A lock whose holder is gone is taken over.
 * @param patienceMs how long to wait for another holder
 * @throws {ControlPlaneError} when another living process keeps the lock
 */
export async function withLock<T>(path: string, action: () => Promise<T>, patienceMs = DEFAULT_PATIENCE_MS): Promise<T> {
  await acquire(path, patienceMs);
  try {
    return await action();
  } finally {
    await rm(path, { force: true });
  }
}

async function acquire(path: string, patienceMs: number): Promise<void> {
  // A link appears with its content, so that nobody ever sees a lock without a holder.
  const claim = `${path}.${randomUUID()}`;
  await writeFile(claim, JSON.stringify({ pid: process.pid, host: hostname() }), { mode: 0o600, flag: 'wx' });
  try {
    const deadline = Date.now() + patienceMs;
    for (let pause = 1; ; pause = Math.min(pause * 2, 25)) {
      if (await tryLink(claim, path)) return;
      if (await isAbandoned(path)) {
        await breakLock(claim, path);
        continue;
      }
      if (Date.now() >= deadline) {
        throw unavailableError(
          `${path} is held by ${await holderName(path)}.`,
          'wait until that process has finished; remove the file if there is none',
        );
      }
      await sleep(pause);
    }
  } finally {
    await rm(claim, { force: true });
  }
}

async function tryLink(claim: string, path: string): Promise<boolean> {
  try {
    await link(claim, path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Removes an abandoned lock. Only one process at a time may, and it looks again: the lock may be a new one by now. */
async function breakLock(claim: string, path: string): Promise<void> {
  const breaking = `${path}.breaking`;
  if (!(await tryLink(claim, breaking))) {
    if (await isAbandoned(breaking)) await rm(breaking, { force: true });
    else await sleep(5);
    return;
  }
  try {
    if (await isAbandoned(path)) await rm(path, { force: true });
  } finally {
    await rm(breaking, { force: true });
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  const holder = await readHolder(path);
  if (holder === undefined) return false;
  if (holder.host === hostname()) return !isAlive(holder.pid);
  const age = await stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  );
  return age > FOREIGN_LOCK_STALE_MS;
}

async function readHolder(path: string): Promise<{ pid: number; host: string } | undefined> {
  try {
    const holder: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof holder !== 'object' || holder === null || !('pid' in holder) || !('host' in holder)) return { pid: 0, host: '' };
    return { pid: Number(holder.pid), host: String(holder.host) };
  } catch (error) {
    return systemCode(error) === 'ENOENT' ? undefined : { pid: 0, host: '' };
  }
}

async function holderName(path: string): Promise<string> {
  const holder = await readHolder(path);
  return holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.host}`;
}

/** Whether a process of this machine runs; one of another user counts. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}
