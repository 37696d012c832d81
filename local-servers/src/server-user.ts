import { execFile } from 'node:child_process';
import { chown, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { getuid } from 'node:process';
import { promisify } from 'node:util';
import { makeTemporaryDirectory, removeTemporaryDirectory } from './cleanup.js';
import { ServerStartError } from './errors.js';

const run = promisify(execFile);

/** The user that a server runs as when we are root and it refuses root. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** The user "nobody" when this process is root's; undefined otherwise, which means our own user. */
async function unprivilegedUser(): Promise<ServerUser | undefined> {
  if (getuid?.() !== 0) return undefined;
  const [uid, gid] = await Promise.all(['-u', '-g'].map(async (which) => Number((await run('id', [which, 'nobody'])).stdout)));
  if (uid === undefined || gid === undefined) throw new Error('unreachable: two ids were asked for');
  return { uid, gid };
}

/** Makes a temporary directory for a server that refuses to run as root, and says which user owns it and runs the server. */
export async function makeServerDirectory(what: string, prefix: string): Promise<{ directory: string; user: ServerUser | undefined }> {
  const directory = await makeTemporaryDirectory(prefix);
  try {
    const user = await unprivilegedUser();
    await giveTo(user, directory);
    if (user !== undefined && !(await isReachableByOthers(dirname(directory)))) {
      throw new ServerStartError(
        what,
        `it can't run as root, and no other user may enter ${dirname(directory)}: set TMPDIR to a directory open to all`,
        '',
      );
    }
    return { directory, user };
  } catch (error) {
    await removeTemporaryDirectory(directory);
    throw error;
  }
}

/** Gives files to a user; does nothing for our own. */
export async function giveTo(user: ServerUser | undefined, ...paths: string[]): Promise<void> {
  if (user !== undefined) await Promise.all(paths.map((path) => chown(path, user.uid, user.gid)));
}

/** Whether another user may enter or run a path, and enter every directory on the way to it. */
export async function isReachableByOthers(path: string): Promise<boolean> {
  for (let each = path; ; each = dirname(each)) {
    if (((await stat(each)).mode & 0o001) === 0) return false;
    if (each === dirname(each)) return true;
  }
}
