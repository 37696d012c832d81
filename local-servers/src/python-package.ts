import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cachedFolder } from './cache.js';
import { debianPackage } from './debian-package.js';
import { reasonOf } from './errors.js';
import { onPath, type Say } from './resolve.js';

const run = promisify(execFile);

/** A package of PyPI at an exact version. */
export interface PythonPackage {
  readonly name: string;
  readonly version: string;
  /** The optional part of it whose dependencies are wanted too. @default none */
  readonly extra?: string;
  /** What it imports without depending on it, as pip's requirements at exact versions. @default nothing */
  readonly companions?: readonly string[];
}

/**
 * The directory that holds a package with its dependencies (programs in `bin/`, modules beside it), installed once per user into
 * the cache folder `<name>-<version>`, to which companions add theirs.
 */
export async function pythonPackage(wanted: PythonPackage, say?: Say): Promise<string> {
  const names = [`${wanted.name}-${wanted.version}`, ...(wanted.companions ?? []).map((name) => name.replace('==', '-'))];
  return cachedFolder(names.join('-'), (into, target) =>
    install(wanted, into, () => say?.(`installing ${wanted.name} ${wanted.version}, once, into ${target}`)),
  );
}

/** The Python interpreter that packages are installed with and run by. */
export async function pythonInterpreter(): Promise<string> {
  return onPath('python3').catch(() => onPath('python'));
}

async function install({ name, version, extra, companions = [] }: PythonPackage, into: string, announce: () => void): Promise<void> {
  const python = await pythonInterpreter();
  announce();
  const folder = await mkdtemp(join(tmpdir(), 'axiom-pip-'));
  try {
    const { program, environment } = await pythonWithPip(python, folder);
    const quiet = ['--quiet', '--disable-pip-version-check', '--no-input', '--no-warn-script-location'];
    // With --target, pip needs no permission from a distribution that manages its own Python packages.
    await run(
      program,
      ['-m', 'pip', 'install', ...quiet, '--target', into, `${name}${extra === undefined ? '' : `[${extra}]`}==${version}`, ...companions],
      {
        timeout: 300_000,
        env: { ...process.env, ...environment },
      },
    );
  } catch (error) {
    throw new Error(`pip can't install ${name} ${version}: ${lastLine(reasonOf(error))}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * An interpreter that has pip: the given one, or a virtual environment of it made in a folder. Debian's Python comes without either; there it
 * is the given one with the package of pip, unpacked.
 */
async function pythonWithPip(
  python: string,
  folder: string,
): Promise<{ readonly program: string; readonly environment?: NodeJS.ProcessEnv }> {
  const ways = [
    async () => {
      await run(python, ['-m', 'pip', '--version'], { timeout: 60_000 });
      return { program: python };
    },
    async () => {
      await run(python, ['-m', 'venv', folder], { timeout: 120_000 });
      return { program: join(folder, 'bin', 'python') };
    },
    async () => {
      const unpacked = await debianPackage({ name: 'python3-pip', suite: 'trixie' });
      return { program: python, environment: { PYTHONPATH: join(unpacked, 'usr/lib/python3/dist-packages') } };
    },
  ];
  for (const way of ways) {
    const found = await way().catch(() => undefined);
    if (found !== undefined) return found;
  }
  throw new Error(`${python} has neither pip nor venv; install python3-pip`);
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? text;
}
