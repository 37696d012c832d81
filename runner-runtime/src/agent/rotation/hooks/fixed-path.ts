import type { Stats } from 'node:fs';
import { lstat, readlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Looks for a place on the way to a folder that another user than root may put something else in: a link there would lead a write by root into any
 * folder of the host.
 * @param folder absolute, and there
 * @returns its path, or `undefined` where only root decides where the way leads
 */
export async function replaceablePlace(folder: string): Promise<string | undefined> {
  let parent = '/';
  const left = folder.split('/');
  for (let name = left.shift(); name !== undefined; name = left.shift()) {
    if (name === '' || name === '.') continue;
    // What was passed is no link any more.
    if (name === '..') parent = dirname(parent);
    else {
      const place = join(parent, name);
      const entry = await lstat(place);
      if (mayBeReplaced(entry, await lstat(parent))) return place;
      if (!entry.isSymbolicLink()) parent = place;
      else {
        const target = await readlink(place);
        if (target.startsWith('/')) parent = '/';
        left.unshift(...target.split('/'));
      }
    }
  }
  return undefined;
}

/** By the owner of its folder and by whoever may write there; in one with the sticky bit by its own owner alone. */
function mayBeReplaced(entry: Stats, folder: Stats): boolean {
  if (folder.uid !== 0) return true;
  const isOpen = (folder.mode & 0o002) !== 0 || ((folder.mode & 0o020) !== 0 && folder.gid !== 0);
  return isOpen && ((folder.mode & 0o1000) === 0 || entry.uid !== 0);
}
