import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Running, track, untrack } from './cleanup.js';
import { ServerStartError } from './errors.js';

const tailLength = 8_192;
/** How long the last of an ended program's output may still be in the pipe, in ms. */
const outputInPipe = 20;

/** How a server is spawned and stopped. */
export interface ServerCommand {
  /** What it is called in errors. */
  readonly what: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** A file descriptor that it reads as its standard input. @default an empty one */
  readonly input?: number;
  /** The user to run as; only root can choose. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** The signals of an orderly stop, from the politest on; SIGKILL comes after the last. @default ['SIGTERM'] */
  readonly stopSignals?: readonly NodeJS.Signals[];
  /** How long each of these signals is given, in ms. @default 5000 */
  readonly stopWithin?: number;
  /** The signal for an abrupt stop. @default 'SIGKILL' */
  readonly abruptSignal?: NodeJS.Signals;
}

/**
 * A server in a process group of its own, so that Ctrl-C reaches only us and we stop our servers in order.
 * It doesn't keep our process alive. What it prints is kept as a bounded tail.
 */
export class ServerProcess implements Running {
  readonly #command: ServerCommand;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  #tail = '';
  #running = true;
  #end = 'it is running';

  constructor(command: ServerCommand) {
    this.#command = command;
    this.#child = spawn(command.command, command.args, {
      detached: true,
      stdio: [command.input ?? 'ignore', 'pipe', 'pipe'],
      ...(command.env && { env: command.env }),
      ...(command.cwd !== undefined && { cwd: command.cwd }),
      ...command.user,
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#tail = (this.#tail + text).slice(-tailLength);
      });
    }
    this.#exited = new Promise((resolve) => {
      const ended = (how: string): void => {
        this.#running = false;
        this.#end = how;
        untrack(this);
        resolve();
      };
      this.#child.once('error', (error) => ended(`it can't be run (${error.message})`));
      this.#child.once('exit', (code, signal) => ended(`it ended with ${signal ?? `code ${code}`}`));
    });
    this.#keepUsAlive(false);
    track(this);
  }

  /** The process id; 0 when it could not be run. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.#running;
  }

  /** Polls until the probe says true; kills the server and throws when it ends or the time is over. */
  async ready(probe: () => Promise<boolean>, withinMs: number): Promise<void> {
    const deadline = Date.now() + withinMs;
    for (let pause = 10; ; pause = Math.min(pause * 1.5, 200)) {
      await sleep(pause);
      const isReady = this.#running && (await probe());
      if (!this.#running) {
        await sleep(outputInPipe);
        throw this.#startError(this.#end);
      }
      if (isReady) return;
      if (Date.now() > deadline) {
        await this.kill();
        throw this.#startError(`it was not ready within ${withinMs / 1000} s`);
      }
    }
  }

  /** Waits for the end of a program that does one thing; throws unless that ended well, and kills it when the time is over. */
  async finished(withinMs: number): Promise<void> {
    await this.#waitForExit(withinMs);
    const isLate = this.#running;
    await this.kill();
    if (isLate) throw this.#startError(`it was not done within ${withinMs / 1000} s`);
    await sleep(outputInPipe);
    if (this.#end !== 'it ended with code 0') throw this.#startError(this.#end);
  }

  async stop(): Promise<void> {
    for (const signal of this.#command.stopSignals ?? ['SIGTERM']) {
      if (this.#running) this.#child.kill(signal);
      await this.#waitForExit(this.#command.stopWithin ?? 5_000);
    }
    await this.kill();
  }

  /** Kills it with its process group, and waits until it is gone. */
  async kill(): Promise<void> {
    this.#killGroup();
    await this.#waitForExit(10_000);
  }

  stopNow(): void {
    const { abruptSignal } = this.#command;
    if (abruptSignal === undefined) this.#killGroup();
    else if (this.#running) this.#child.kill(abruptSignal);
  }

  #killGroup(): void {
    // The group exists for sure only while its leader has not been waited for.
    if (!this.#running || this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, 'SIGKILL');
    } catch {
      this.#child.kill('SIGKILL');
    }
  }

  async #waitForExit(withinMs: number): Promise<void> {
    if (!this.#running) return;
    this.#keepUsAlive(true);
    const timer = new AbortController();
    await Promise.race([this.#exited, sleep(withinMs, undefined, { signal: timer.signal }).catch(() => undefined)]);
    timer.abort();
    this.#keepUsAlive(false);
  }

  #keepUsAlive(yes: boolean): void {
    for (const handle of [this.#child, this.#child.stdout, this.#child.stderr] as { ref?(): void; unref?(): void }[]) {
      if (yes) handle.ref?.();
      else handle.unref?.();
    }
  }

  #startError(why: string): ServerStartError {
    return new ServerStartError(this.#command.what, why, this.#tail.trim());
  }
}
