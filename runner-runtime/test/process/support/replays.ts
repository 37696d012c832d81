import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from '@temporalio/worker';
import { workflowBundlePath } from '../../support/workflow-bench.js';
import { type HistoryJson, historyFromJson, type Json, mapPayloads } from './history.js';

const FOLDER = fileURLToPath(new URL('../histories/', import.meta.url));

/** Names of the recorded histories. */
export function recordedHistories(): string[] {
  return readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
}

export function readHistory(name: string): HistoryJson {
  return JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as HistoryJson;
}

/** Keeps a history for later versions of the workflows, without what tells of the machine that made it; to be formatted afterwards. */
export function recordHistory(name: string, history: HistoryJson): void {
  const scrubbed = scrub(history as unknown as Json);
  writeFileSync(join(FOLDER, `${name}.json`), `${JSON.stringify(scrubbed, undefined, 2)}\n`);
}

/**
 * Replays a history with the workflows as they are shipped.
 * @throws {Error} when they would not do again what the history says they did
 */
export async function replay(history: HistoryJson): Promise<void> {
  await Worker.runReplayHistory({ workflowBundle: { codePath: workflowBundlePath() } }, historyFromJson(history), 'replayed');
}

function scrub(value: Json): Json {
  const places = (text: string) =>
    text
      .replaceAll(/\d+@[^@"]*@-[0-9a-f]+/g, 'queue-of-the-runner')
      .replaceAll(hostname(), 'host')
      .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:5432');
  const plain = mapPayloads(value, (text) => Buffer.from(places(text)).toString('base64'));
  return withoutIdentities(plain, places);
}

function withoutIdentities(value: Json, places: (text: string) => string): Json {
  if (typeof value === 'string') return places(value);
  if (Array.isArray(value)) return value.map((item) => withoutIdentities(item, places));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => {
      if (name === 'identity') return [name, 'runner'];
      return [name, name === 'data' ? item : withoutIdentities(item, places)];
    }),
  );
}
