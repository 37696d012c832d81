import { rmSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInThisContext } from 'node:vm';

/** Something that runs until it is stopped. */
export interface Running {
  /** Stops in an orderly way; safe to call again. */
  stop(): Promise<void>;
  /** Stops abruptly without waiting: for the moment when the process exits. */
  stopNow(): void;
}

const running = new Set<Running>();
const directories = new Set<string>();
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

// Jest gives modules a copy of `process` whose events never fire; a script of the main context sees the real one.
const host = runInThisContext('process') as NodeJS.Process;

let hooked = false;
let signalsAreOurs = true;
let stopping = false;

/** Keeps a thing to be stopped at the latest when the process ends. */
export function track(thing: Running): void {
  running.add(thing);
  updateHooks();
}

/** Forgets a thing that has stopped. */
export function untrack(thing: Running): void {
  running.delete(thing);
  updateHooks();
}

/** Makes a private temporary directory (mode 0700) that is removed at the latest when the process ends. */
export async function makeTemporaryDirectory(prefix: string): Promise<string> {
  const path = await mkdtemp(join(await realpath(tmpdir()), prefix));
  directories.add(path);
  updateHooks();
  return path;
}

/** Removes a directory that `makeTemporaryDirectory` made. */
export async function removeTemporaryDirectory(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  directories.delete(path);
  updateHooks();
}

/** Stops everything that was started, the youngest first, and removes the temporary directories. */
export async function stopAll(): Promise<void> {
  for (const thing of [...running].reverse()) {
    await thing.stop();
    untrack(thing);
  }
  await Promise.all([...directories].map(removeTemporaryDirectory));
}

/**
 * From now on SIGINT, SIGTERM and SIGHUP are left to the caller, who stops other things first and then calls `stopAll`.
 * By default the servers are stopped in order on these signals and the process exits with 128 + the signal's number.
 */
export function leaveSignalsToCaller(): void {
  unhook();
  signalsAreOurs = false;
  updateHooks();
}

function updateHooks(): void {
  const needed = running.size > 0 || directories.size > 0;
  if (needed && !hooked) {
    hooked = true;
    host.on('exit', stopEverythingNow);
    if (signalsAreOurs) for (const signal of signals) host.on(signal, onSignal);
  } else if (!needed && hooked) {
    unhook();
  }
}

function unhook(): void {
  hooked = false;
  host.removeListener('exit', stopEverythingNow);
  for (const signal of signals) host.removeListener(signal, onSignal);
}

function onSignal(signal: NodeJS.Signals): void {
  const exit = (): never => host.exit(128 + constants.signals[signal]);
  if (stopping) exit();
  stopping = true;
  // A second listener must be there while `stopAll` empties the list, or the default action would cut it short.
  for (const each of signals) host.on(each, onSignal);
  stopAll().then(exit, exit);
}

function stopEverythingNow(): void {
  for (const thing of [...running].reverse()) thing.stopNow();
  for (const path of directories) {
    try {
      rmSync(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    } catch {
      // Nothing more can be done while exiting; the directory is in the system's temporary folder.
    }
  }
}
