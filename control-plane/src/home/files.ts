import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { z } from 'zod';
import { configError, systemCode } from '../errors.js';

/** Makes a folder that only its owner can enter (mode 0700). */
export async function makePrivateFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
}

/**
 * Reads and validates a JSON file of the state folder.
 * @returns `undefined` when there is no such file
 * @throws {ControlPlaneError} when others may read it, or it is not what the schema says
 */
export async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const text = await readPrivate(path);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw configError(`${path} is not JSON.`, 'restore it from a backup, or remove the folder and start anew');
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const places = parsed.error.issues.slice(0, 5).map((issue) => `${issue.path.map(String).join('.') || 'file'} (${issue.code})`);
  throw configError(`${path} is malformed: ${places.join(', ')}.`, 'restore it from a backup, or remove the folder and start anew');
}

/** Writes a JSON file of mode 0600 so that a reader sees the old content or the new one, also after a crash. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writePrivate(path, `${JSON.stringify(value, undefined, 2)}\n`);
}

/** Writes a text file of mode 0600 by writing a neighbour and renaming it. */
export async function writePrivate(path: string, text: string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
    await file.close();
    await rename(temporary, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function readPrivate(path: string): Promise<string | undefined> {
  const file = await open(path, 'r').catch((error) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw configError(`${path} cannot be read (${systemCode(error) ?? 'unknown error'}).`, 'run as the user who owns the folder');
  });
  if (file === undefined) return undefined;
  try {
    const mode = (await file.stat()).mode & 0o777;
    if ((mode & 0o077) !== 0) {
      throw configError(`${path} is open to other users (mode ${mode.toString(8)}) and may hold keys.`, `chmod 600 ${path}`);
    }
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}
