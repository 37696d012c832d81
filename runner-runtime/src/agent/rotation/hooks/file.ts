import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { HookSettings } from '../../config/agent-settings.js';
import { replaceablePlace } from './fixed-path.js';
import { HookFailure, systemCode } from './hook-failure.js';

type FileSettings = NonNullable<HookSettings['file']>;

/** A file that is to get another text. */
export interface FileChange {
  /** Whether its text differs from the one that is there. */
  readonly differs: boolean;
  /** Puts the new text in the place of the old one: a reader finds one or the other, whole. @throws {HookFailure} */
  write(): Promise<void>;
  /** Puts back what was there, with its mode and owner, or removes what was not. @throws {HookFailure} */
  rollBack(): Promise<void>;
}

interface Content {
  readonly text: Buffer;
  readonly mode: number;
  readonly owner: number;
  readonly group: number;
}

/** What `chown` takes for "as it is": a new file is the agent's. */
const OWN = -1;
const MOST_BYTES = 16_777_216;
const onWindows = process.platform === 'win32';

/**
 * Looks at the file of a hook, and at its folder, and says what would change.
 * @throws {HookFailure} `FILE_REFUSED` for a link, for anything but a file, in a folder where others could replace it, and as root on a way that
 *   others could turn elsewhere
 */
export async function planFile({ path, mode, owner, group }: FileSettings, text: string): Promise<FileChange> {
  try {
    await checkFolder(dirname(path));
    const before = await read(path);
    const wanted: Content = { text: Buffer.from(text), mode, owner: owner ?? OWN, group: group ?? OWN };
    const differs = before === undefined || !before.text.equals(wanted.text);
    return {
      differs,
      write: () =>
        attempt(path, () => (before === undefined || differs || !hasAccessOf(before, wanted) ? replace(path, wanted) : undefined)),
      rollBack: () => attempt(path, () => (before === undefined ? rm(path, { force: true }) : restore(path, before))),
    };
  } catch (error) {
    throw failure(path, error);
  }
}

async function checkFolder(folder: string): Promise<void> {
  const stats = await stat(folder);
  if (!stats.isDirectory()) throw refused(folder, 'is no folder', 'Name a file in a folder that is there.');
  const isOpen = !onWindows && (stats.mode & 0o002) !== 0 && (stats.mode & 0o1000) === 0;
  if (isOpen) throw refused(folder, 'is a folder where everybody may replace files', `chmod o-w '${folder}'`);
  // Root writes wherever the way leads.
  const place = process.getuid?.() === 0 ? await replaceablePlace(folder) : undefined;
  if (place === undefined) return;
  const mend = `Let root own '${dirname(place)}' and nobody else write there, name a file elsewhere, or run the agent as another user.`;
  throw refused(place, 'may be replaced by another user, who could lead the agent into any folder', mend);
}

async function read(path: string): Promise<Content | undefined> {
  const entry = await lstat(path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (entry === undefined) return undefined;
  if (entry.isSymbolicLink()) throw refused(path, 'is a symbolic link', 'Name the file itself.');
  if (!entry.isFile()) throw refused(path, 'is no regular file', 'Name another path.');
  // It may have become a link meanwhile.
  const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = await file.stat();
    if (stats.size > MOST_BYTES) throw refused(path, `is larger than ${MOST_BYTES} bytes`, 'Name another path.');
    return { text: await file.readFile(), mode: stats.mode & 0o7777, owner: stats.uid, group: stats.gid };
  } finally {
    await file.close();
  }
}

function hasAccessOf(one: Content, other: Content): boolean {
  return onWindows || (one.mode === other.mode && isOwnedBy(one, other));
}

function isOwnedBy(one: Pick<Content, 'owner' | 'group'>, { owner, group }: Content): boolean {
  return (owner === OWN || owner === one.owner) && (group === OWN || group === one.group);
}

/**
 * The file gets its name last, when its owner and mode are right. These are set by the open file, never by its name: whoever may write the folder
 * could put a link there meanwhile, and an agent that is root would give away what that leads to.
 */
async function replace(path: string, content: Content): Promise<void> {
  const draft = join(dirname(path), `.${basename(path)}.${randomBytes(9).toString('hex')}.tmp`);
  const file = await open(draft, 'wx', 0o600);
  try {
    try {
      await file.writeFile(content.text);
      const { uid, gid } = await file.stat();
      if (!onWindows && !isOwnedBy({ owner: uid, group: gid }, content)) await file.chown(content.owner, content.group);
      await file.chmod(content.mode);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}

/** The text matters more than whose it was, which only root can bring back. */
async function restore(path: string, content: Content): Promise<void> {
  try {
    await replace(path, content);
  } catch (error) {
    if (systemCode(error) !== 'EPERM') throw error;
    await replace(path, { ...content, owner: OWN, group: OWN });
  }
}

async function attempt(path: string, work: () => Promise<void> | undefined): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw failure(path, error);
  }
}

function refused(path: string, found: string, mend: string): HookFailure {
  return new HookFailure('FILE_REFUSED', `${path} ${found}.`, mend);
}

function failure(path: string, error: unknown): HookFailure {
  if (error instanceof HookFailure) return error;
  const code = systemCode(error);
  const mend =
    code === 'EPERM'
      ? 'Only root gives files away: leave out owner and group, or run the agent as root.'
      : 'Let the agent write in that folder, and see that the disk has room.';
  return new HookFailure('FILE_FAILED', `${path} cannot be written (${code}).`, mend);
}
