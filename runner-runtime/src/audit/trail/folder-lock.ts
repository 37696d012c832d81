import { createHash, randomBytes } from 'node:crypto';
import { link, readdir, realpath, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { SettingsError } from '../../config/settings.js';
import { RunnerError } from '../../errors.js';

/** The right of one process to write into a folder. */
export interface FolderLock {
  release(): Promise<void>;
}

/** Room of a socket's path (`sun_path`) is 104 bytes on macOS, 108 on Linux. */
const LONGEST_PATH_BYTES = 103;
const UNSUITABLE = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL', 'ENAMETOOLONG', 'ENOSYS']);
const TRIES = 10;

/**
 * Takes a folder for this process alone; the lock of a process that was killed is taken over.
 *
 * A lock is a listening socket: it ends with its process, in whichever container that runs, and needs no process id to be believed. Locks are
 * numbered, and the highest one counts: it is never removed, so that whoever found it dead too long ago cannot take a folder a second time.
 * @throws {RunnerError} `CONFLICT` while another holds it
 * @throws {SettingsError} where the folder cannot hold a socket
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  if (process.platform === 'win32') return lockByPipe(folder);
  const draft = join(folder, `lock.${randomBytes(6).toString('hex')}`);
  if (Buffer.byteLength(draft) > LONGEST_PATH_BYTES) throw unsuitable(folder, 'has too long a path for the socket that locks it');
  const server = await listen(draft).catch((error: NodeJS.ErrnoException) => {
    throw UNSUITABLE.has(error.code ?? '') ? unsuitable(folder, `cannot hold the socket that locks it (${error.code})`) : error;
  });
  try {
    for (let tried = 0; tried < TRIES; tried += 1) if (await takes(folder, draft)) return { release: () => close(server) };
    throw inUse(folder);
  } catch (error) {
    await close(server);
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Puts a lock above all others. @returns whether nobody was faster. @throws when the highest one is alive */
async function takes(folder: string, draft: string): Promise<boolean> {
  const below = await locksIn(folder);
  const highest = below.at(-1) ?? 0;
  if (highest > 0 && (await answers(pathOf(folder, highest)))) throw inUse(folder);
  const mine = pathOf(folder, highest + 1);
  if (!(await isNew(link(draft, mine)))) return false;
  if ((await locksIn(folder)).at(-1) !== highest + 1) {
    await rm(mine, { force: true });
    return false;
  }
  await Promise.all(below.map((number) => rm(pathOf(folder, number), { force: true })));
  return true;
}

function pathOf(folder: string, number: number): string {
  return join(folder, `lock-${number}`);
}

/** Numbers of the locks, ascending. */
async function locksIn(folder: string): Promise<number[]> {
  const names = await readdir(folder);
  return names.flatMap((name) => (/^lock-[1-9]\d{0,14}$/.test(name) ? [Number(name.slice(5))] : [])).sort((a, b) => a - b);
}

/** A named pipe belongs to the process that made it first. */
async function lockByPipe(folder: string): Promise<FolderLock> {
  const name = createHash('sha256')
    .update((await realpath(folder)).toLowerCase())
    .digest('hex');
  const server = await listen(`\\\\.\\pipe\\axiomrunner-audit-${name}`).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EADDRINUSE' || error.code === 'EACCES' ? inUse(folder) : error;
  });
  return { release: () => close(server) };
}

function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((asking) => asking.on('error', () => undefined).destroy());
    server.once('error', reject);
    server.listen(path, () => resolve(server.unref()));
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asking = connect(path);
    asking.once('connect', () => {
      resolve(true);
      asking.destroy();
    });
    asking.once('error', (error: NodeJS.ErrnoException) => resolve(!isDead(error.code)));
  });
}

/** A queue that is full (`EAGAIN`) belongs to a process that lives; so may a refusal of rights. */
function isDead(code: string | undefined): boolean {
  return code === 'ECONNREFUSED' || code === 'ENOENT' || code === 'ENOTSOCK';
}

async function isNew(made: Promise<void>): Promise<boolean> {
  try {
    await made;
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

function inUse(folder: string): RunnerError {
  return new RunnerError('CONFLICT', `Another process writes the audit trail in ${folder}.`, {
    object: folder,
    mend: 'Stop that agent, or give this one a state folder of its own ("state" of the configuration).',
  });
}

function unsuitable(folder: string, found: string): SettingsError {
  return new SettingsError([{ variable: folder, found, mend: 'Set "state" to a folder with a shorter path on a disk of this host.' }]);
}
