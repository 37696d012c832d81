import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/**
 * Files under a folder, sorted by path.
 * @param {string} folder
 * @returns {{ path: string, source: string, executable: boolean }[]} `path` relative to the folder
 */
export function filesUnder(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((source) => ({ path: relative(folder, source), source, executable: (statSync(source).mode & 0o100) !== 0 }));
}

/** Writes a file and the folders above it. */
export function write(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** Copies the files under a folder. */
export function copyFolder(from, to) {
  for (const { path, source } of filesUnder(from)) write(join(to, path), readFileSync(source));
}
