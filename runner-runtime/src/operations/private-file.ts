import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, link, lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Mark of a folder that all users share: https://man7.org/linux/man-pages/man7/inode.7.html */
const STICKY = 0o1000;

/** Why a file that must be private is not read. */
export class PrivateFileError extends Error {
  override readonly name = 'PrivateFileError';
  constructor(
    readonly reason: 'missing' | 'link' | 'no regular file' | 'open to others' | 'of another user' | 'cannot be read' | 'too large',
    readonly path: string,
    readonly mend: string,
  ) {
    super(`${path}: ${reason}`);
  }
}

/** Which files {@link readPrivateFile} takes. */
export interface PrivateFileRules {
  /** Bits of the mode that must not be set. @default 0o077: nobody else may read or write */
  readonly forbiddenMode?: number;
  /** Whether it may belong to anybody: of a file that another user hands over. @default this user and root */
  readonly anyOwner?: boolean;
  /** Largest size, bytes. @default 1 MiB */
  readonly maxBytes?: number;
}

/**
 * Reads a regular file that belongs to this user or root and is not open to others, never through a symbolic link at its end.
 * On Windows, which has no such modes, its folder's access list is what protects it.
 * @throws {PrivateFileError}
 */
export async function readPrivateFile(
  path: string,
  { forbiddenMode = 0o077, anyOwner = false, maxBytes = 1_048_576 }: PrivateFileRules = {},
): Promise<string> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    // A pipe must not hang the read, a link must not lead elsewhere.
    file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    throw cannotOpen(path, (error as NodeJS.ErrnoException).code);
  }
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new PrivateFileError('no regular file', path, 'Put a regular file there.');
    if (stats.size > maxBytes) throw new PrivateFileError('too large', path, `It may have ${maxBytes} bytes.`);
    const user = process.getuid?.();
    if (user !== undefined) {
      if (!anyOwner && stats.uid !== user && stats.uid !== 0)
        throw new PrivateFileError('of another user', path, `chown it to the user ${user} or to root.`);
      if ((stats.mode & forbiddenMode) !== 0) {
        throw new PrivateFileError(
          'open to others',
          path,
          `chmod ${(stats.mode & 0o777 & ~forbiddenMode).toString(8).padStart(3, '0')} '${path}'`,
        );
      }
    }
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

function cannotOpen(path: string, code: string | undefined): PrivateFileError {
  if (code === 'ENOENT' || code === 'ENOTDIR') return new PrivateFileError('missing', path, 'Create it, or name another.');
  if (code === 'ELOOP') return new PrivateFileError('link', path, 'Put the file itself there: a link may be turned elsewhere.');
  return new PrivateFileError('cannot be read', path, 'Let the user of this process read it.');
}

/** How {@link writePrivateFile} writes. */
export interface PrivateFileOptions {
  /** @default 0o600 */
  readonly mode?: number;
  /** Fail with `EEXIST` where there is a file already. @default false */
  readonly mustBeNew?: boolean;
}

/** Writes a file as a whole: a reader finds the old text or the new one, also after a crash, and never a file open to others. */
export async function writePrivateFile(
  path: string,
  text: string | Uint8Array,
  { mode = 0o600, mustBeNew = false }: PrivateFileOptions = {},
): Promise<void> {
  const draft = join(dirname(path), `.${randomBytes(9).toString('hex')}.tmp`);
  const file = await open(draft, 'wx', 0o600);
  try {
    try {
      await file.writeFile(text);
      await file.chmod(mode);
      await file.sync();
    } finally {
      await file.close();
    }
    if (mustBeNew) await link(draft, path);
    else await rename(draft, path);
    await syncFolder(dirname(path));
  } finally {
    await rm(draft, { force: true });
  }
}

/**
 * Makes a folder that only this user may enter; one that is there is closed to others.
 * @throws {PrivateFileError} for a link, a folder of somebody else, or one that all share, such as `/tmp`
 */
export async function privateFolder(path: string): Promise<string> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const stats = await lstat(path);
  if (!stats.isDirectory()) throw new PrivateFileError('link', path, 'Put the folder itself there.');
  const user = process.getuid?.();
  if (user !== undefined && stats.uid !== user)
    throw new PrivateFileError('of another user', path, `Run the command as the user ${stats.uid}, or chown the folder.`);
  if (user !== undefined && (stats.mode & 0o077) !== 0) {
    // Who closed it would shut others out of what is theirs.
    if ((stats.mode & STICKY) !== 0) throw new PrivateFileError('open to others', path, 'Name a folder of its own, or one below it.');
    await chmod(path, 0o700);
  }
  return path;
}

/** What a rename needs to outlast a power failure. Windows cannot open a folder. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
