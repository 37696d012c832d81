import { fileURLToPath } from 'node:url';
import { type PostgresServer, startPostgres } from '@axiom-runner/local-servers';
import { z } from 'zod';
import type { Figure } from './figures.js';
import { COPY_MEMBERSHIPS, COPY_ROLES, makeManyRoles } from './many-roles.js';
import { type Invocation, nodeProcess, outputOf, peakMemory, wallTime } from './processes.js';
import { runnerScript } from './runner-script.js';
import { runnerSettings } from './runner-settings.js';

const TURNS = 5;
const MEMORY_TURNS = 3;
const MANY = 100_000;
const COLLECT_ONCE = fileURLToPath(new URL('./collect-once.ts', import.meta.url));

const collected = z.object({ ms: z.number(), counts: z.object({ principal: z.number(), assignment: z.number() }) });

/** A collection of many roles and memberships beside `COPY` of the same rows, and its memory beside that of a collection of nothing. */
export async function measureCollection(): Promise<Figure[]> {
  const database = await startPostgres({ major: 18 });
  const settings = await runnerSettings({ controlPlane: '127.0.0.1:1', database });
  try {
    const command = nodeProcess(runnerScript(), ['collect', 'postgresql/127.0.0.1', '--json'], settings);
    const ofNothing = await repeat(MEMORY_TURNS, () => peakMemory(command));
    await makeManyRoles(database, MANY);
    const ofMany = await repeat(MEMORY_TURNS, () => peakMemory(command));
    const times = await timesOf(database, settings);
    const rows = `${MANY.toLocaleString('en')} roles and memberships`;
    return [
      ...times.map((figure) => ({ ...figure, what: `collection of ${rows}` })),
      {
        what: `axiomrunner collect of ${rows}: peak memory`,
        reference: 'axiomrunner collect of an empty server',
        unit: 'MB',
        ours: ofMany,
        theirs: ofNothing,
        compared: { kind: 'difference', most: 150 },
      },
    ];
  } finally {
    await database.stop();
  }
}

/** Nothing where the machine has no `psql`. */
async function timesOf(database: PostgresServer, environment: Readonly<Record<string, string>>): Promise<Omit<Figure, 'what'>[]> {
  if (database.psqlPath === undefined) {
    process.stderr.write('psql is not installed: the time of a collection is not compared.\n');
    return [];
  }
  const copy: Invocation = {
    program: database.psqlPath,
    args: ['-X', '-q', '-d', database.connectionString, '-c', COPY_ROLES, '-c', COPY_MEMBERSHIPS],
  };
  const collect: Invocation = { program: process.execPath, args: ['--import', 'tsx', COLLECT_ONCE], environment };
  await wallTime(copy); // reads the rows into the server's memory
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let turn = 0; turn < TURNS; turn += 1) {
    ours.push(await collectOnce(collect));
    theirs.push(await wallTime(copy));
  }
  return [{ reference: 'psql COPY', unit: 'ms', ours, theirs, compared: { kind: 'ratio', most: 6 } }];
}

async function collectOnce(collect: Invocation): Promise<number> {
  const { ms, counts } = collected.parse(JSON.parse(await outputOf(collect)));
  if (counts.principal < MANY || counts.assignment < MANY) throw new Error(`the collection is not complete: ${JSON.stringify(counts)}`);
  return ms;
}

async function repeat(turns: number, measure: () => Promise<number>): Promise<number[]> {
  const values: number[] = [];
  for (let turn = 0; turn < turns; turn += 1) values.push(await measure());
  return values;
}
