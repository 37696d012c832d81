#!/usr/bin/env node
import { runAxiomctl } from './program.js';
import type { Shell } from './shell.js';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
// A reader that went away (| head) is no fault of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 70));

const shell: Shell = {
  env: process.env,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  isTerminal: process.stderr.isTTY === true,
  signal: stop.signal,
};
void runAxiomctl(process.argv.slice(2), shell).then((code) => {
  process.exitCode = code;
});
