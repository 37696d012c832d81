import { spawn } from 'node:child_process';
import { runnerCommand, runnerFile } from '@axiom-runner/local-servers';

/** What a finished command left. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A way to call the runner. */
export interface Invocation {
  /** Settings; nothing of this process's environment is handed on but `PATH` and `HOME`. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Calls the file by its first line instead of through `node --`. @default false */
  readonly byShebang?: boolean;
  readonly cwd?: string;
}

/** Runs a command of the runner, as it is shipped, to its end. */
export function command(args: readonly string[], { environment = {}, byShebang = false, cwd }: Invocation = {}): Promise<Outcome> {
  const { PATH = '', HOME = '' } = process.env;
  const [file, ...first] = byShebang ? [runnerFile()] : runnerCommand();
  const child = spawn(file, [...first, ...args], {
    env: { PATH, HOME, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
    killSignal: 'SIGKILL',
    ...(cwd === undefined ? {} : { cwd }),
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}
