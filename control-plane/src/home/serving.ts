import { rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson, writeJson } from './files.js';
import type { Home } from './home.js';
import { isAlive } from './lock.js';

const servingSchema = z.strictObject({ pid: z.int(), host: z.string(), since: z.string() });

/** Notes that this process serves results for the home, so that waiting commands need not. @returns takes the note back */
export async function announceServing(home: Home): Promise<() => Promise<void>> {
  await writeJson(noteFile(home), { pid: process.pid, host: hostname(), since: new Date().toISOString() });
  return () => rm(noteFile(home), { force: true });
}

/** Whether a living process of this machine serves results. A wrong answer costs nothing but time: results are stored once, whoever takes them. */
export async function isServed(home: Home): Promise<boolean> {
  const note = await readJson(noteFile(home), servingSchema).catch(() => undefined);
  return note !== undefined && note.host === hostname() && isAlive(note.pid);
}

function noteFile({ folder }: Home): string {
  return join(folder, 'results-server.json');
}
