import { mkdir, mkdtemp, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const makingHere = new Map<string, Promise<string>>();

/**
 * A folder of the user's cache, `${XDG_CACHE_HOME:-~/.cache}/axiom-runner/<name>`, made once.
 *
 * `make` fills an empty folder beside the target, which is renamed when it is complete: a folder of that name is always whole.
 * Processes that want it at the same time wait for the one that makes it.
 */
export async function cachedFolder(name: string, make: (into: string, target: string) => Promise<void>): Promise<string> {
  const target = join(cacheDirectory(), name);
  if (await exists(target)) return target;
  const inProgress = makingHere.get(target) ?? makeOnce(target, make).finally(() => makingHere.delete(target));
  makingHere.set(target, inProgress);
  return inProgress;
}

function cacheDirectory(): string {
  const configured = process.env.XDG_CACHE_HOME;
  return join(configured === undefined || configured === '' ? join(homedir(), '.cache') : configured, 'axiom-runner');
}

async function makeOnce(target: string, make: (into: string, target: string) => Promise<void>): Promise<string> {
  await mkdir(cacheDirectory(), { recursive: true });
  const unlock = await lock(`${target}.lock`);
  try {
    if (await exists(target)) return target;
    const building = await mkdtemp(`${target}.building-`);
    try {
      const content = join(building, 'content');
      await mkdir(content);
      await make(content, target);
      await rename(content, target).catch(async (error: unknown) => {
        if (!(await exists(target))) throw error; // otherwise another process was faster: its copy is as good
      });
      return target;
    } finally {
      await rm(building, { recursive: true, force: true });
    }
  } finally {
    await unlock();
  }
}

/** Waits for a lock file that names its holder; that of a process that is gone is taken over. */
async function lock(path: string): Promise<() => Promise<void>> {
  for (;;) {
    const file = await open(path, 'wx').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    if (file !== undefined) {
      await file.writeFile(String(process.pid));
      await file.close();
      return () => rm(path, { force: true });
    }
    // Two that take over at once both make the folder, which costs time and harms nothing.
    if (!(await isHeld(path))) await rm(path, { force: true });
    await sleep(100);
  }
}

async function isHeld(path: string): Promise<boolean> {
  const pid = Number(await readFile(path, 'utf8').catch(() => '0'));
  // An empty file is that of a holder who is about to write its id, unless it stays empty.
  if (pid === 0) return Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now()) < 10_000;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
