import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { reasonOf } from './errors.js';
import { onPath, type Say } from './resolve.js';

const run = promisify(execFile);
const installing = new Map<string, Promise<string>>();

/** A package of PyPI at an exact version. */
export interface PythonPackage {
  readonly name: string;
  readonly version: string;
}

/**
 * The directory that holds a package with its dependencies (programs in `bin/`, modules beside it), installing it once per user.
 *
 * It lives in `${XDG_CACHE_HOME:-~/.cache}/axiom-runner/<name>-<version>`. It is built in a sibling and renamed when it is
 * complete, so that a directory of that name is always whole and processes that install at the same time don't disturb each other.
 */
export async function pythonPackage(wanted: PythonPackage, say?: Say): Promise<string> {
  const target = join(cacheDirectory(), `${wanted.name}-${wanted.version}`);
  if (await exists(target)) return target;
  const inProgress = installing.get(target) ?? install(wanted, target, say).finally(() => installing.delete(target));
  installing.set(target, inProgress);
  return inProgress;
}

/** The Python interpreter that packages are installed with and run by. */
export async function pythonInterpreter(): Promise<string> {
  return onPath('python3').catch(() => onPath('python'));
}

function cacheDirectory(): string {
  const configured = process.env.XDG_CACHE_HOME;
  return join(configured === undefined || configured === '' ? join(homedir(), '.cache') : configured, 'axiom-runner');
}

async function install({ name, version }: PythonPackage, target: string, say?: Say): Promise<string> {
  const python = await pythonInterpreter();
  await mkdir(cacheDirectory(), { recursive: true });
  say?.(`installing ${name} ${version}, once, into ${target}`);
  const building = await mkdtemp(`${target}.building-`);
  try {
    const content = join(building, 'content');
    const pip = await pythonWithPip(python, join(building, 'pip'));
    const quiet = ['--quiet', '--disable-pip-version-check', '--no-input', '--no-warn-script-location'];
    // With --target, pip needs no permission from a distribution that manages its own Python packages.
    await run(pip, ['-m', 'pip', 'install', ...quiet, '--target', content, `${name}==${version}`], { timeout: 300_000 });
    await rename(content, target).catch(async (error: unknown) => {
      if (!(await exists(target))) throw error; // otherwise another process was faster: its copy is as good
    });
    return target;
  } catch (error) {
    throw new Error(`pip can't install ${name} ${version}: ${lastLine(reasonOf(error))}`);
  } finally {
    await rm(building, { recursive: true, force: true });
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

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? text;
}
