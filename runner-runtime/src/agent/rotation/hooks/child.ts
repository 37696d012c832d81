import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { systemCode } from './hook-failure.js';

/** A program to run without a shell. */
export interface Program {
  /** The program, found on PATH, and its arguments. */
  readonly run: readonly string[];
  /** What it gets besides {@link OWN_VARIABLES}. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Ends it before its time. */
  readonly signal: AbortSignal;
}

/** How a program ended. */
export interface Ended {
  /** `0`, another exit code, the name of a signal, or `ENOENT` and the like when it could not be started. */
  readonly status: number | string;
  /** Whether it was ended because its time was up or the agent stops. */
  readonly killed: boolean;
  /** The beginning of what it wrote to standard output, and to standard error. */
  readonly output: readonly [Captured, Captured];
}

/** The beginning of what a program wrote. */
export interface Captured {
  readonly text: string;
  /** Whether there was more. */
  readonly cut: boolean;
}

/** Variables of the agent that its programs get too; its credentials are not among them. */
const OWN_VARIABLES = ['PATH', 'HOME', 'LANG', 'TZ', ...(process.platform === 'win32' ? ['SystemRoot', 'ComSpec', 'PATHEXT'] : [])];
const NOTHING: Captured = { text: '', cut: false };
const MOST_OUTPUT_BYTES = 8_192;
/** Time that is given to output of a program that has ended, ms: what it left running may keep its pipes open for ever. */
const LAST_OUTPUT_MS = 500;

/** Runs a program in a process group of its own, which dies with it when its time is up. Never rejects. */
export async function runProgram({ run: [file = '', ...args], variables, timeoutMs, signal }: Program): Promise<Ended> {
  const own = OWN_VARIABLES.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  const child = start(file, args, { ...Object.fromEntries(own), ...variables });
  if (typeof child === 'string') return { status: child, killed: false, output: [NOTHING, NOTHING] };
  const output = [capture(child.stdout), capture(child.stderr)] as const;
  let killed = false;
  const kill = () => {
    killed = true;
    killGroup(child.pid);
  };
  const timer = setTimeout(kill, timeoutMs);
  if (signal.aborted) kill();
  signal.addEventListener('abort', kill, { once: true });
  const status = await new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(systemCode(error)));
    child.once('exit', (code, name) => resolve(code ?? name ?? 'unknown'));
  });
  clearTimeout(timer);
  signal.removeEventListener('abort', kill);
  await Promise.race([Promise.all(output.map(({ ended }) => ended)), pause(LAST_OUTPUT_MS, undefined, { ref: false })]);
  child.stdout.destroy();
  child.stderr.destroy();
  return { status, killed, output: [output[0].captured(), output[1].captured()] };
}

/** Some failures to start are thrown rather than told, and their texts may hold a variable's value. */
function start(file: string, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcessByStdio<null, Readable, Readable> | string {
  try {
    return spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: process.platform !== 'win32', windowsHide: true });
  } catch (error) {
    return systemCode(error);
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // It has ended in this moment.
  }
}

/** Reads all, so that the program never waits, and keeps the beginning. */
function capture(stream: Readable): { readonly ended: Promise<void>; captured(): Captured } {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    if (bytes < MOST_OUTPUT_BYTES) chunks.push(chunk);
    bytes += chunk.length;
  });
  return {
    ended: new Promise((resolve) => stream.once('close', resolve)),
    captured: () => ({ text: Buffer.concat(chunks).subarray(0, MOST_OUTPUT_BYTES).toString(), cut: bytes > MOST_OUTPUT_BYTES }),
  };
}
