import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { track, untrack } from './cleanup.js';
import { ServerStartError } from './errors.js';

/** One line of a runner's log. */
export type LogRecord = Readonly<Record<string, unknown>> & { readonly message: string };

/** How a runner is started. */
export interface RunnerOptions {
  /** The settings; nothing of this process's environment is handed on but `PATH` and `HOME`. */
  readonly environment: Readonly<Record<string, string>>;
  /** Arguments. @default none, which starts it */
  readonly args?: readonly string[];
  /** Folder that it runs in. @default that of this process */
  readonly cwd?: string;
}

/** A runner as a process of its own, as it is shipped. */
export interface RunnerProcess {
  readonly pid: number;
  /** Everything it wrote, as text. */
  output(): string;
  /** The records of its log so far. */
  records(): LogRecord[];
  /** Waits for a record. @throws {ServerStartError} when it does not come in time or the process ends */
  waitFor(matches: (record: LogRecord) => boolean, timeoutMs?: number): Promise<LogRecord>;
  /** Waits until it takes tasks. */
  ready(): Promise<LogRecord>;
  /** SIGTERM, and waits for the drain. @returns its exit code */
  stop(): Promise<number | null>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Resolves with the exit code when it ends. */
  readonly exited: Promise<number | null>;
}

/** The bundled runner of this repository. */
export function runnerBundle(): string {
  const path = fileURLToPath(new URL('../../runner-runtime/dist/axiomrunner.cjs', import.meta.url));
  if (!existsSync(path)) throw new ServerStartError('the runner', 'it is not built: run npm run build -- runtime', '');
  return path;
}

/** The file that a user calls: what AXIOM_RUNNER_PROGRAM names, such as the single executable, or the bundle, which names Node in its first line. */
export function runnerFile(): string {
  return process.env.AXIOM_RUNNER_PROGRAM || runnerBundle();
}

/** How the runner is called: the program that AXIOM_RUNNER_PROGRAM names, or this Node with the bundle. */
export function runnerCommand(): readonly [file: string, ...args: string[]] {
  const program = process.env.AXIOM_RUNNER_PROGRAM;
  return program === undefined || program === '' ? [process.execPath, '--', runnerBundle()] : [program];
}

/** Starts a runner. */
export function startRunner({ environment, args = [], cwd }: RunnerOptions): RunnerProcess {
  const { PATH = '', HOME = '' } = process.env;
  const [file, ...first] = runnerCommand();
  const child = spawn(file, [...first, ...args], {
    env: { PATH, HOME, ...environment },
    ...(cwd === undefined ? {} : { cwd }),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const chunks: string[] = [];
  const listeners = new Set<() => void>();
  const changed = () => {
    for (const listener of listeners) listener();
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      chunks.push(chunk);
      changed();
    });
  }
  const exited = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  let alive = true;
  const stop = () => {
    child.kill('SIGTERM');
    return exited;
  };
  const tracked = {
    stop: async () => {
      await stop();
    },
    stopNow: () => {
      child.kill('SIGKILL');
    },
  };
  track(tracked);
  void exited.then(() => {
    alive = false;
    untrack(tracked);
    changed();
  });
  const output = () => chunks.join('');
  const records = () => output().split('\n').flatMap(parse);

  const waitFor: RunnerProcess['waitFor'] = (matches, timeoutMs = 30_000) =>
    new Promise((resolve, reject) => {
      const settle = () => {
        const found = records().find(matches);
        if (found === undefined && alive) return;
        clearTimeout(timer);
        listeners.delete(settle);
        if (found === undefined)
          reject(new ServerStartError('the runner', `it ended with exit code ${child.exitCode}`, output().slice(-4000)));
        else resolve(found);
      };
      const timer = setTimeout(() => {
        listeners.delete(settle);
        reject(new ServerStartError('the runner', `the awaited log record did not come within ${timeoutMs} ms`, output().slice(-4000)));
      }, timeoutMs);
      listeners.add(settle);
      settle();
    });

  return {
    pid: child.pid ?? -1,
    output,
    records,
    waitFor,
    ready: () => waitFor(({ message }) => message.startsWith('Started Axiom Runner')),
    stop,
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    exited,
  };
}

function parse(line: string): LogRecord[] {
  try {
    const record = JSON.parse(line) as LogRecord;
    return typeof record.message === 'string' ? [record] : [];
  } catch {
    return [];
  }
}
