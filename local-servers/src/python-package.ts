import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cachedFolder } from './cache.js';
import { reasonOf } from './errors.js';
import { onPath, type Say } from './resolve.js';

const run = promisify(execFile);

/** A package of PyPI at an exact version. */
export interface PythonPackage {
  readonly name: string;
  readonly version: string;
  /** The optional part of it whose dependencies are wanted too. @default none */
  readonly extra?: string;
}

/**
 * The directory that holds a package with its dependencies (programs in `bin/`, modules beside it), installed once per user into
 * the cache folder `<name>-<version>`.
 */
export async function pythonPackage(wanted: PythonPackage, say?: Say): Promise<string> {
  return cachedFolder(`${wanted.name}-${wanted.version}`, (into, target) =>
    install(wanted, into, () => say?.(`installing ${wanted.name} ${wanted.version}, once, into ${target}`)),
  );
}

/** The Python interpreter that packages are installed with and run by. */
export async function pythonInterpreter(): Promise<string> {
  return onPath('python3').catch(() => onPath('python'));
}

async function install({ name, version, extra }: PythonPackage, into: string, announce: () => void): Promise<void> {
  const python = await pythonInterpreter();
  announce();
  const environment = await mkdtemp(join(tmpdir(), 'axiom-pip-'));
  try {
    const pip = await pythonWithPip(python, environment);
    const quiet = ['--quiet', '--disable-pip-version-check', '--no-input', '--no-warn-script-location'];
    // With --target, pip needs no permission from a distribution that manages its own Python packages.
    await run(pip, ['-m', 'pip', 'install', ...quiet, '--target', into, `${name}${extra === undefined ? '' : `[${extra}]`}==${version}`], {
      timeout: 300_000,
    });
  } catch (error) {
    throw new Error(`pip can't install ${name} ${version}: ${lastLine(reasonOf(error))}`);
  } finally {
    await rm(environment, { recursive: true, force: true });
  }
}

/** An interpreter that has pip: the given one, or else a virtual environment of it. */
async function pythonWithPip(python: string, directory: string): Promise<string> {
  try {
    await run(python, ['-m', 'pip', '--version'], { timeout: 60_000 });
    return python;
  } catch {
    await run(python, ['-m', 'venv', directory], { timeout: 120_000 });
    return join(directory, 'bin', 'python');
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? text;
}
