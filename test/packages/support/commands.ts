import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the repository. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a program is run. */
export interface RunOptions {
  readonly cwd?: string;
  /** Beside this process's own. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program to its end, as a user would in a terminal. */
export function ended(program: string, args: readonly string[], { cwd = ROOT, env = {} }: RunOptions = {}): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      program,
      args,
      { cwd, env: { ...terminalEnvironment(), ...env }, maxBuffer: 64 * 1024 * 1024, timeout: 280_000 },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, stdout, stderr }),
    );
  });
}

/** Runs a program that must succeed. @returns its standard output */
export async function succeeded(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await ended(program, args, options);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
  return stdout;
}

/** Without what `npm run` adds of the package that it runs in: npm in another folder would work on that one. */
function terminalEnvironment(): NodeJS.ProcessEnv {
  const added = /^npm_(package_|lifecycle_|config_(local_prefix|global_prefix|prefix|workspace))|^INIT_CWD$|^NODE_OPTIONS$/;
  return { ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !added.test(name))), npm_config_loglevel: 'error' };
}

/** An empty folder, gone after `dispose`. */
export async function temporaryFolder(): Promise<{ readonly path: string; dispose(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'axiom-packages-'));
  return { path, dispose: () => rm(path, { recursive: true, force: true }) };
}
