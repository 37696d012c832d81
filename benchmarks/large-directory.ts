import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { DirectorySize } from '../runner-runtime/test/support/fake-vendor/large-directory/directory.js';
import type { Figure } from './figures.js';
import { LARGE, withDirectory } from './large-directory-process.js';
import { outputOf } from './processes.js';
import { runnerSettings } from './runner-settings.js';

const TENTH: DirectorySize = { users: 10_000, groups: 100, members: 1_000 };
const NEXT_TO_NOTHING: DirectorySize = { users: 1, groups: 1, members: 1 };
const TENTH_TURNS = 3;
const TIME_LIMIT_MS = 120_000;
const ONCE = fileURLToPath(new URL('./large-directory-once.ts', import.meta.url));

const readingSchema = z.object({
  ms: z.number(),
  cpuMs: z.number(),
  peakMb: z.number(),
  counts: z.looseObject({ principal: z.number(), assignment: z.number() }),
});
type Reading = z.infer<typeof readingSchema>;

/** A collection over HTTP with refusals and resets, beside a plain loop with the same client: rate, memory, and how the time grows. */
export async function measureLargeDirectory(): Promise<Figure[]> {
  const settings = await runnerSettings({ controlPlane: '127.0.0.1:1' });
  const read = (way: 'collect' | 'bare', size: DirectorySize) => readOnce(way, size, settings);
  const ours = await read('collect', LARGE);
  const bare = await read('bare', LARGE);
  const tenths: Reading[] = [];
  for (let turn = 0; turn < TENTH_TURNS; turn += 1) tenths.push(await read('collect', TENTH));
  const idle = await read('collect', NEXT_TO_NOTHING);

  const what = `collection of ${LARGE.users.toLocaleString('en')} users and ${(LARGE.groups * LARGE.members).toLocaleString('en')} memberships`;
  return [
    {
      what,
      reference: 'a bare loop',
      unit: 'items/s',
      ours: [rateOf(ours)],
      theirs: [rateOf(bare)],
      compared: { kind: 'ratio', least: 0.8 },
    },
    { what: `${what}: CPU`, reference: 'a bare loop', unit: 'ms', ours: [ours.cpuMs], theirs: [bare.cpuMs], compared: { kind: 'ratio' } },
    {
      what: `${what}: time`,
      reference: 'ten times that of a tenth',
      unit: 'ms',
      ours: tenths.map(() => ours.ms),
      theirs: tenths.map(({ ms }) => ms * 10),
      compared: { kind: 'ratio', most: 1.25 },
    },
    {
      what: `${what}: peak memory`,
      reference: 'the same of one user',
      unit: 'MB',
      ours: [ours.peakMb],
      theirs: [idle.peakMb],
      compared: { kind: 'difference', most: 150 },
    },
  ];
}

/** Principals and assignments in a second. */
function rateOf({ ms, counts: { principal, assignment } }: Reading): number {
  return ((principal + assignment) * 1000) / ms;
}

async function readOnce(way: string, size: DirectorySize, environment: Record<string, string>): Promise<Reading> {
  const invocation = { program: process.execPath, args: ['--import', 'tsx', ONCE, way], environment };
  const output = await withDirectory(size, environment['SECRETS_STORE_FOLDER'] ?? '', () => outputOf(invocation, TIME_LIMIT_MS));
  const reading = readingSchema.parse(JSON.parse(output));
  const { principal, assignment } = reading.counts;
  if (principal === size.users + size.groups && assignment === size.groups * size.members) return reading;
  throw new Error(`the directory was not read as it is: ${principal} principals, ${assignment} assignments`);
}
