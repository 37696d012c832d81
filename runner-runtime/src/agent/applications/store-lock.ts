import { randomBytes } from 'node:crypto';
import { readlink, rm } from 'node:fs/promises';
import { hostname, uptime } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { SettingsError } from '../../config/settings.js';
import { PrivateFileError, readPrivateFile, writePrivateFile } from '../../operations/private-file.js';

const holderSchema = z.object({
  id: z.string(),
  pid: z.number().int().positive(),
  /** Where the number names a process. */
  place: z.string(),
  /** Unix milliseconds. */
  since: z.number(),
});
type Holder = z.infer<typeof holderSchema>;

/** How long a command waits for others; each holds the lock for some writes only. */
const PATIENCE_MS = 20_000;
const PAUSE_MS = 20;

/**
 * Does something while no other process does under the same lock: a file that exists for so long. The lock of a process that died is broken.
 * @throws {SettingsError} when the lock is held on and on, or its folder cannot be written
 */
export async function withLock<T>(path: string, work: () => Promise<T>, patienceMs = PATIENCE_MS): Promise<T> {
  await acquire(path, Date.now() + patienceMs);
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function acquire(path: string, deadline: number): Promise<void> {
  while (!(await create(path))) {
    const holder = await holderOf(path);
    if (holder !== undefined && (await isDead(holder))) await breakLock(path, holder);
    else if (Date.now() > deadline) throw stuck(path, holder);
    // Apart from each other, so that those who wait do not try in step.
    else await sleep(PAUSE_MS * (1 + Math.random()));
  }
}

/** Creates a lock as a whole: nobody finds one without its holder. @returns whether it did */
async function create(path: string): Promise<boolean> {
  const holder: Holder = { id: randomBytes(12).toString('hex'), pid: process.pid, place: await place(), since: Date.now() };
  try {
    await writePrivateFile(path, JSON.stringify(holder), { mustBeNew: true });
    return true;
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    throw new SettingsError([
      { variable: path, found: `cannot be written (${code})`, mend: 'Run the command as the owner of its folder.' },
    ]);
  }
}

/** @returns `undefined` when it was released meanwhile, or says nothing */
async function holderOf(path: string): Promise<Holder | undefined> {
  try {
    return holderSchema.safeParse(JSON.parse(await readPrivateFile(path))).data;
  } catch (error) {
    if (error instanceof PrivateFileError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Whether a holder surely is no more. Of processes elsewhere, in another container or on another host, nothing can be known. */
async function isDead({ pid, place: ofHolder, since }: Holder): Promise<boolean> {
  if (ofHolder !== (await place())) return false;
  if (since < Date.now() - uptime() * 1_000) return true; // The machine was started since.
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Host and, on Linux, namespace of process numbers: containers may share a folder and the host's name. */
async function place(): Promise<string> {
  return `${hostname()} ${await readlink('/proc/self/ns/pid').catch(() => '')}`.trim();
}

/** Removes the lock of a dead holder. Of several that notice it, one looks again and removes it, so that no new lock is hit. */
async function breakLock(path: string, dead: Holder): Promise<void> {
  const breaker = `${path}.break`;
  if (!(await create(breaker))) {
    await sleep(PAUSE_MS);
    // Who died in between these two lines of work leaves it behind.
    const other = await holderOf(breaker);
    if (other !== undefined && (await isDead(other))) throw stuck(breaker, other);
    return;
  }
  try {
    if ((await holderOf(path))?.id === dead.id) await rm(path, { force: true });
  } finally {
    await rm(breaker, { force: true });
  }
}

function stuck(path: string, holder: Holder | undefined): SettingsError {
  const by = holder === undefined ? 'another process' : `process ${holder.pid} of ${holder.place}`;
  return new SettingsError([
    { variable: path, found: `is held by ${by}`, mend: 'Wait for it; when there is no such process, remove the file.' },
  ]);
}
