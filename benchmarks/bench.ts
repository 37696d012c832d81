import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { startTemporal, stopAll } from '@axiom-runner/local-servers';
import { measureAgent } from './agent/measure.js';
import { buildBareWorker } from './bare-worker/build.js';
import { measureCollection } from './collection.js';
import { measureCommands } from './commands.js';
import { type Figure, judge } from './figures.js';
import { measureLargeDirectory } from './large-directory.js';
import { measureLifecycle } from './lifecycle.js';
import { measureExecutable, measureStart } from './start.js';
import { measureSynth } from './synth.js';
import { tableOf } from './table.js';

/**
 * `npm run bench`: measures, prints one table (or JSON with `--json`), stops everything. Exit code 1 when a bar is missed.
 * With `--synth` only what concerns the construct library, which needs no server; with `--agent` only the secret agent; with `--runner` only
 * the runner.
 */
const TIME_LIMIT_MS = 900_000;
const flag = { type: 'boolean', default: false } as const;
const { json, ...only } = parseArgs({ options: { json: flag, synth: flag, runner: flag, agent: flag } }).values;
const everything = !Object.values(only).includes(true);
const limit = setTimeout(() => {
  process.stderr.write(`The benchmarks did not end within ${TIME_LIMIT_MS / 1000} s.\n`);
  process.exit(1);
}, TIME_LIMIT_MS);

const say = (text: string) => process.stderr.write(`${text}\n`);
const loadBefore = loadavg()[0] ?? 0;
try {
  const figures: Figure[] = [];
  if (everything || only.runner) figures.push(...(await measureRunner()));
  if (everything || only.agent) figures.push(...(await measureAgent(say)));
  if (everything || only.synth) {
    say('measuring the synthesis of apps …');
    figures.push(...(await measureSynth(say)));
  }

  const verdicts = figures.map(judge);
  const machine = { node: process.version, platform: `${process.platform}-${process.arch}`, cores: cpus().length, loadBefore };
  process.stdout.write(
    json
      ? `${JSON.stringify({ machine, figures: verdicts }, undefined, 2)}\n`
      : `Node ${machine.node}, ${machine.platform}, ${machine.cores} cores, load ${loadBefore.toFixed(1)} before the start\n\n${tableOf(verdicts)}`,
  );
  process.exitCode = verdicts.some(({ kept }) => kept === false) ? 1 : 0;
} finally {
  clearTimeout(limit);
  await stopAll();
}

async function measureRunner(): Promise<Figure[]> {
  const temporal = await startTemporal({ say });
  const bareWorker = await buildBareWorker();
  say('measuring the start of a runner …');
  const figures = await measureStart(temporal, bareWorker);
  say('measuring the single executable …');
  figures.push(...(await measureExecutable(temporal)));
  say('measuring commands …');
  figures.push(...(await measureCommands(temporal)));
  say('measuring the lifecycle of a task …');
  figures.push(...(await measureLifecycle(temporal, bareWorker)));
  await temporal.stop();
  say('measuring a collection …');
  figures.push(...(await measureCollection()));
  say('measuring the collection of a large directory …');
  figures.push(...(await measureLargeDirectory()));
  return figures;
}
