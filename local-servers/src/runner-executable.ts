import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cachedFolder } from './cache.js';
import { runnerBundle } from './runner.js';

const builder = fileURLToPath(new URL('../../runner-runtime/executable/', import.meta.url));
const FAMILY = 'runner-executable-';
/** As many as tests of two checkouts want at once: each is 160 MB. */
const KEPT = 8;

/**
 * The single executable for this machine, made of bundles once and kept in the user's cache.
 * @param dist folder of the bundles. @default the bundles of this repository
 * @returns its path
 */
export async function runnerExecutable(dist = dirname(runnerBundle())): Promise<string> {
  const folder = await cachedFolder(`${FAMILY}${await hashOf([builder, dist])}`, async (into, target) => {
    const args = [join(builder, 'build.mjs'), '--dist', dist, '--output', join(into, 'axiomrunner')];
    await promisify(execFile)(process.execPath, args, { timeout: 300_000 });
    await prune(dirname(target));
  });
  return join(folder, 'axiomrunner');
}

async function hashOf(folders: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const folder of folders) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
    for (const file of files.sort()) hash.update(file.slice(folder.length)).update(await readFile(file));
  }
  return hash.digest('hex').slice(0, 16);
}

/** Removes all but the newest. */
async function prune(cache: string): Promise<void> {
  const paths = (await readdir(cache)).filter((name) => name.startsWith(FAMILY) && !name.includes('.')).map((name) => join(cache, name));
  const aged = await Promise.all(paths.map(async (path) => ({ path, age: -(await stat(path)).mtimeMs })));
  const old = aged.sort((one, other) => one.age - other.age).slice(KEPT);
  await Promise.all(old.map(({ path }) => rm(path, { recursive: true, force: true })));
}
