import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { RunnerError } from '../errors.js';
import type { SecretStore } from './secret-store.js';

/**
 * For development: `<folder>/<secret name>.json`, each file of mode 0600 and no symbolic link.
 * @param folder path of the folder
 */
export function fileStore(folder: string): SecretStore {
  const read = async (name: string) => ({ current: await readPrivateFile(folder, name) });
  return { engine: 'file', read, readWithPrevious: read };
}

async function readPrivateFile(folder: string, name: string): Promise<string> {
  const root = resolve(folder);
  const path = resolve(join(root, `${name}.json`));
  if (!path.startsWith(root + sep)) throw notFound(name, path);
  let file: Awaited<ReturnType<typeof open>>;
  try {
    // A link must not lead out of the folder, and a pipe must not hang the read.
    const parent = join(await realpath(root), relative(root, dirname(path)));
    if ((await realpath(parent)) !== parent) throw Object.assign(new Error('a link on the way'), { code: 'ELOOP' });
    file = await open(join(parent, basename(path)), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw notFound(name, path);
    throw cannotOpen(name, code ?? 'unknown');
  }
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw cannotOpen(name, 'no regular file');
    const { mode } = stats;
    if ((mode & 0o077) !== 0) {
      throw new RunnerError('SECRET_ACCESS_DENIED', `The file of ${name} is open to others (mode ${(mode & 0o777).toString(8)}).`, {
        object: name,
        mend: `chmod 600 '${path}'`,
      });
    }
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

function cannotOpen(name: string, why: string): RunnerError {
  return new RunnerError(
    'SECRET_ACCESS_DENIED',
    `The runner cannot access secret manager: the file of ${name} cannot be opened (${why}).`,
    {
      object: name,
      mend: 'Make it a regular file that the runner may read, with no link on the way.',
    },
  );
}

function notFound(name: string, path: string): RunnerError {
  return new RunnerError('SECRET_NOT_FOUND', `The secret ${name} does not exist in the secret store.`, {
    object: name,
    mend: `Create ${path} with mode 0600.`,
  });
}
