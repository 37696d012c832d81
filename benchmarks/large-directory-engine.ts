import { join } from 'node:path';
import { createGroup, createHome, openLink, serveResults, startTask, waitForCollection } from '@axiom-runner/control-plane';
import { startTemporal, stopAll } from '@axiom-runner/local-servers';
import { compareItems, itemsOf } from '../runner-runtime/test/process/support/directory-items.js';
import { LargeDirectory } from '../runner-runtime/test/support/fake-vendor/large-directory/directory.js';
import { LARGE, withDirectory } from './large-directory-process.js';
import { cpuTime, nodeProcess, residentMemory, start } from './processes.js';
import { runnerScript } from './runner-script.js';
import { runnerSettings } from './runner-settings.js';
import { temporaryFolder } from './temporary-folder.js';

/**
 * `node --import tsx benchmarks/large-directory-engine.ts`: collects the large directory through engine, runner and control plane, holds the
 * items against the directory, and prints time, runs, histories and the runner's memory. Takes minutes, so it is no part of `npm run bench`.
 */
const PATIENCE_MS = 900_000;
const SAMPLE_MS = 1_000;
const PARTS = 8;

const temporal = await startTemporal();
const home = await createHome(join(temporaryFolder('axiom-benchmark-'), 'home'), {
  tenantId: temporal.namespace,
  address: temporal.address,
  tls: 'off',
});
const { group, environment } = await createGroup(home, { name: 'large' });
const settings: Record<string, string> = {
  ...(await runnerSettings({ controlPlane: temporal.address, tenantId: temporal.namespace })),
  ...Object.fromEntries(environment.map(({ name, value }) => [name, value])),
  RUNNER_ALLOWED: 'okta/example',
};
const link = await openLink(home);
const results = await serveResults(home);
const runner = start(nodeProcess(runnerScript(), [], settings));
const memory: number[] = [];
const sampling = setInterval(() => memory.push(residentMemory(runner.pid)), SAMPLE_MS);
try {
  const report = await withDirectory(LARGE, settings['SECRETS_STORE_FOLDER'] ?? '', async () => {
    const task = await startTask(link, group, { type: 'CollectData', system: { type: 'okta', id: 'example' } });
    const { summary, items } = await waitForCollection(home, task, { timeoutMs: PATIENCE_MS });
    const runs: { readonly events: number; readonly bytes: number }[] = [];
    for await (const { historyLength, historySize = 0 } of link.client.workflow.list({ query: `WorkflowId = "${task.requestId}"` })) {
      runs.push({ events: historyLength, bytes: historySize });
    }
    return { summary, runs, cpuMs: cpuTime(runner.pid), ...(await compareItems(items(), itemsOf(new LargeDirectory(LARGE)))) };
  });
  const { summary, runs, cpuMs, missing, surplus } = report;
  process.stdout.write(
    `${JSON.stringify({
      seconds: summary.durationSeconds,
      counts: summary.counts,
      batches: summary.batches,
      missing,
      surplus,
      runs: runs.length,
      largestHistory: { events: Math.max(...runs.map(({ events }) => events)), bytes: Math.max(...runs.map(({ bytes }) => bytes)) },
      runnerCpuSeconds: Math.round(cpuMs / 1000),
      runnerMemoryMb: partsOf(memory),
    })}\n`,
  );
  process.exitCode = missing.length + surplus.length > 0 ? 1 : 0;
} finally {
  clearInterval(sampling);
  await runner.stop();
  await results.stop();
  await link.close();
  await stopAll();
}

/** The most in each of as many equal parts of the time. */
function partsOf(samples: readonly number[]): number[] {
  const size = Math.ceil(samples.length / PARTS);
  return Array.from({ length: PARTS }, (_, part) => Math.round(Math.max(0, ...samples.slice(part * size, (part + 1) * size))));
}
