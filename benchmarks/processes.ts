import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** How a process is started. It gets nothing of this process's environment but `PATH` and `HOME`. */
export interface Invocation {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Folder that it runs in. @default that of this process */
  readonly folder?: string;
}

/** A process that runs until it is stopped. */
export interface LongRunning {
  readonly pid: number;
  /** SIGTERM, and waits for its end. */
  stop(): Promise<void>;
}

const TIME_LIMIT_MS = 60_000;
/** Bytes of standard error that are kept for the message of a failure. */
const TAIL = 4_000;
const PEAK_MEMORY = fileURLToPath(new URL('./peak-memory.cjs', import.meta.url));

const alive = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

/** A process of this Node. `--` keeps Node from taking the options of the program for itself. */
export function nodeProcess(script: string, args: readonly string[], environment: Readonly<Record<string, string>>): Invocation {
  return { program: process.execPath, args: ['--', script, ...args], environment };
}

/** Starts a process that runs until it is stopped. */
export function start(invocation: Invocation): LongRunning {
  const { child, ended } = launch(invocation);
  return {
    pid: child.pid ?? -1,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Wall time of a process from its start to its end, ms. @throws {Error} unless it ends with exit code 0 */
export async function wallTime(invocation: Invocation): Promise<number> {
  const startedAt = performance.now();
  const run = launch(invocation);
  await succeeded(invocation, run);
  return performance.now() - startedAt;
}

/** What a process writes to standard output. @throws {Error} unless it ends with exit code 0 in time */
export async function outputOf(invocation: Invocation, timeLimitMs = TIME_LIMIT_MS): Promise<string> {
  const run = launch(invocation, 'pipe');
  let text = '';
  run.child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await succeeded(invocation, run, timeLimitMs);
  return text;
}

/** The most memory that a process of Node has ever had resident, MB. Its output is thrown away. */
export async function peakMemory(invocation: Invocation): Promise<number> {
  const run = launch({ ...invocation, args: ['--require', PEAK_MEMORY, ...invocation.args] });
  let told = '';
  run.child.stdio[3]?.on('data', (chunk: Buffer) => {
    told += chunk.toString();
  });
  await succeeded(invocation, run);
  return Number(told) / 1024;
}

/** What a process has resident at this moment, MB. */
export function residentMemory(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}

/** Clock ticks of /proc in a second: fixed on every architecture of Linux. */
const TICKS_A_SECOND = 100;

/** CPU time that a process has used so far, its threads included, ms. */
export function cpuTime(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field, in brackets, may hold blanks; user and system time are the 14th and 15th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_A_SECOND;
}

interface Launched {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  readonly errors: () => string;
}

function launch({ program, args, environment, folder }: Invocation, output: 'ignore' | 'pipe' = 'ignore'): Launched {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(program, args, { env: { PATH, HOME, ...environment }, cwd: folder, stdio: ['ignore', output, 'pipe', 'pipe'] });
  let tail = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    tail = (tail + chunk).slice(-TAIL);
  });
  alive.add(child);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      alive.delete(child);
      resolve(code);
    });
  });
  return { child, ended, errors: () => tail };
}

async function succeeded({ program, args }: Invocation, { child, ended, errors }: Launched, timeLimitMs = TIME_LIMIT_MS): Promise<void> {
  const limit = setTimeout(() => child.kill('SIGKILL'), timeLimitMs);
  const code = await ended;
  clearTimeout(limit);
  if (code !== 0) throw new Error(`${[program, ...args].join(' ')} ended with ${code ?? 'a signal'}:\n${errors()}`);
}
