import { execFile } from 'node:child_process';
import { cp, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type DebianPackage, debianPackage } from './debian-package.js';
import { executable, onPath, resolveServer, type Say } from './resolve.js';
import { isReachableByOthers, type ServerUser } from './server-user.js';
import { unpackedProgram } from './unpacked-program.js';

const run = promisify(execFile);

/** What is looked for. */
export interface MysqlProgram {
  /** What it is called in errors. */
  readonly what: string;
  readonly program: 'mariadbd' | 'mysqld';
  readonly variable: string;
  readonly published: DebianPackage;
  /** The version in the answer to `--version`; throws when it is another product, or too old. */
  versionIn(answer: string): string;
}

/** An installed or unpacked server. */
export interface MysqlInstallation {
  readonly command: string;
  /** What goes before the server's own arguments. */
  readonly loading: readonly string[];
  /** The directory above the program's, which the server takes its messages and plug-ins from. */
  readonly base: string;
  readonly version: string;
  /** The folder to copy when another user can't reach it: it works anywhere. Only an unpacked one has it. */
  readonly movable?: string;
}

/**
 * Finds a server. In this order: the directory that the variable names, either one that holds `bin` or `sbin` or one with Debian packages
 * unpacked; PATH; Debian's package, which is downloaded and unpacked once per user.
 */
export function findInstallation(wanted: MysqlProgram, say?: Say): Promise<MysqlInstallation> {
  const { what, program, variable, published } = wanted;
  return resolveServer({
    what,
    variable,
    fromVariable: async (directory) => {
      const isUnpacked = await executable(join(directory, 'usr', 'sbin', program)).catch(() => undefined);
      return isUnpacked === undefined ? installed(wanted, directory) : unpacked(wanted, directory);
    },
    ways: [
      { name: 'PATH', find: async () => installed(wanted, dirname(dirname(await realpath(await onPath(program))))) },
      {
        name: `Debian package ${published.name} of ${published.suite}`,
        find: async () => unpacked(wanted, await debianPackage(published, say)),
      },
    ],
    mend: `install ${what} and put ${program} on PATH, or set ${variable} to a directory that holds bin/${program} or sbin/${program}`,
  });
}

/** The installation itself, or a copy in a directory when the user who runs it can't reach it. */
export async function reachableInstallation(
  wanted: MysqlProgram,
  found: MysqlInstallation,
  directory: string,
  user: ServerUser | undefined,
): Promise<MysqlInstallation> {
  if (user === undefined || found.movable === undefined || (await isReachableByOthers(found.command))) return found;
  const copy = join(directory, 'program');
  // Hard links take no time and no space, but need the same disk.
  await run('cp', ['-al', found.movable, copy]).catch(() => cp(found.movable ?? '', copy, { recursive: true, verbatimSymlinks: true }));
  return unpacked(wanted, copy);
}

async function installed(wanted: MysqlProgram, base: string): Promise<MysqlInstallation> {
  const inSbin = join(base, 'sbin', wanted.program);
  const command = await executable(inSbin).catch(() => executable(join(base, 'bin', wanted.program)));
  return { command, loading: [], base, version: await versionOf(wanted, command, []) };
}

/** A server that runs with the libraries, and by the loader, that were unpacked with it. */
async function unpacked(wanted: MysqlProgram, root: string): Promise<MysqlInstallation> {
  const { command, loading } = await unpackedProgram(root, `usr/sbin/${wanted.program}`);
  return { command, loading, base: join(root, 'usr'), version: await versionOf(wanted, command, loading), movable: root };
}

async function versionOf(wanted: MysqlProgram, command: string, loading: readonly string[]): Promise<string> {
  const { stdout } = await run(command, [...loading, '--no-defaults', '--version'], { timeout: 30_000 });
  return wanted.versionIn(stdout);
}
