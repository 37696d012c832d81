import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type FailedWay, reasonOf, ServerUnavailableError } from './errors.js';

/** Receives one short progress line when something takes a while, such as an installation. */
export type Say = (line: string) => void;

/** One way of finding a server; `find` throws an error that says why it does not work. */
export interface Way<T> {
  readonly name: string;
  find(): Promise<T>;
}

/** Where a server is looked for. */
export interface Search<T> {
  /** What it is called in errors. */
  readonly what: string;
  /** The environment variable that names it explicitly. When it is set, nothing else is tried. */
  readonly variable: string;
  /** Turns the variable's value into the result. */
  fromVariable(value: string): Promise<T>;
  /** The other ways, the preferred one first. */
  readonly ways: readonly Way<T>[];
  /** What to do when no way works. */
  readonly mend: string;
}

/** Finds a server by the first way that works, or throws a `ServerUnavailableError` that lists them all. */
export async function resolveServer<T>(search: Search<T>): Promise<T> {
  const explicit = process.env[search.variable];
  if (explicit !== undefined && explicit !== '') {
    try {
      return await search.fromVariable(explicit);
    } catch (error) {
      const tried = [{ way: `${search.variable}=${explicit}`, why: reasonOf(error) }];
      throw new ServerUnavailableError(search.what, tried, `correct ${search.variable}, or unset it to let it be found`);
    }
  }
  const tried: FailedWay[] = [{ way: `environment variable ${search.variable}`, why: 'not set' }];
  for (const way of search.ways) {
    try {
      return await way.find();
    } catch (error) {
      tried.push({ way: way.name, why: reasonOf(error) });
    }
  }
  throw new ServerUnavailableError(search.what, tried, search.mend);
}

/** The path itself when it is an executable file; throws otherwise. */
export async function executable(path: string): Promise<string> {
  await access(path, constants.X_OK).catch((error: NodeJS.ErrnoException) => {
    throw new Error(error.code === 'ENOENT' ? `${path} does not exist` : `${path} is not executable (${error.code})`);
  });
  return path;
}

/** The path of a program on PATH; throws when there is none. */
export async function onPath(program: string): Promise<string> {
  for (const directory of pathDirectories()) {
    const found = await executable(join(directory, program)).catch(() => undefined);
    if (found !== undefined) return found;
  }
  throw new Error(`there is no "${program}" on PATH`);
}

/** The directories of PATH, in order. */
export function pathDirectories(): string[] {
  return (process.env.PATH ?? '').split(delimiter).filter((directory) => directory !== '');
}
