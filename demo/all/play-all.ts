import { ServerUnavailableError } from '@axiom-runner/local-servers';
import type { RunningSystem } from '../../runner-runtime/test/integrations/contract/contract.js';
import { type ListedSystem, SYSTEMS } from '../../runner-runtime/test/integrations/systems.js';
import { columns, type Timeline } from '../timeline.js';
import { playLifecycle, type Seen } from './lifecycle.js';
import { openSurroundings } from './surroundings.js';

interface Started extends ListedSystem {
  readonly running: RunningSystem<unknown>;
  readonly declaration: Parameters<typeof playLifecycle>[2];
}

/** Runs every integration's lifecycle against its server or its fake, through a real runner, and shows one table. */
export async function playAll(timeline: Timeline): Promise<void> {
  timeline.scene('Every integration, from request to proved revocation');
  const started: Started[] = [];
  for (const listed of SYSTEMS) {
    try {
      const { integration, start } = await listed.load();
      started.push({ ...listed, running: await start(), declaration: integration.declaration });
    } catch (error) {
      if (!(error instanceof ServerUnavailableError)) throw error;
      timeline.observe(`${listed.type}: ${error.message}`, false);
    }
  }
  timeline.tell(`${started.length} systems are up: ${started.map(({ server }) => server).join(', ')}`);
  // Fakes keep a clock of their own, which the tests move.
  for (const { running } of started) running.setClock?.(Math.floor(Date.now() / 1000));
  const surroundings = await openSurroundings(started.map(({ running }) => running));
  try {
    const rows: string[][] = [];
    for (const { type, server, running, declaration } of started) {
      const seen = await playLifecycle(surroundings, running, declaration);
      rows.push(row(type, server, seen));
      timeline.observe(`${type}: ${seen.faults.length === 0 ? 'everything was seen' : seen.faults.join('; ')}`, seen.faults.length === 0);
    }
    timeline.show(columns([HEAD, ...rows]));
    const leaked = surroundings.canaries.filter((canary) => surroundings.runner.output().includes(canary));
    timeline.observe('no secret in the log of the runner', leaked.length === 0);
  } finally {
    await surroundings.close();
    for (const { running } of started) await running.stop();
  }
}

const HEAD = [
  'INTEGRATION',
  'SERVER',
  'CHECKS',
  'PRINCIPALS',
  'TARGETS',
  'PERMISSIONS',
  'ASSIGNMENTS',
  'GRANTS',
  'PROVED',
  'ORPHANS',
  'SECONDS',
];

function row(type: string, server: string, { checks, counts, grants, revokedWithProof, orphans, seconds }: Seen): string[] {
  const count = (kind: string) => String(counts[kind] ?? 0);
  return [
    type,
    server,
    `${checks.passing}/${checks.all}`,
    count('principal'),
    count('target'),
    count('permission'),
    count('assignment'),
    String(grants),
    String(revokedWithProof),
    String(orphans),
    seconds.toFixed(1),
  ];
}
