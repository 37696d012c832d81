import { type StartedTask, waitForCollection } from '@axiom-runner/control-plane';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { LargeDirectoryServer } from '../support/fake-vendor/large-directory/server.js';
import { Bench } from './support/bench.js';
import { compareItems, itemsOf } from './support/directory-items.js';
import { until } from './support/until.js';

jest.setTimeout(180_000);

const SYSTEM = { type: 'okta', id: 'example' };
const ALLOWED = { RUNNER_ALLOWED: 'okta/example' };
/** Enough for more than one run of the workflow: the engine suggests another one from 4 MB of history on. */
const SIZE = { users: 5_000, groups: 150, members: 1_000 };
const REQUESTS = SIZE.users / 200 + 1 + (SIZE.groups * SIZE.members) / 200;
const FAULTS = { refuseEvery: 97, pauseSeconds: 1, resetEvery: 211 };
/** In the middle of the list of members, and of a page. */
const KILL_AT = 412;
/** What the engine takes of one run. https://docs.temporal.io/workflow-execution/limits */
const MAX_HISTORY = { events: 51_200, bytes: 50 * 1024 * 1024 };

let bench: Bench;
let server: LargeDirectoryServer;
beforeAll(async () => {
  server = await LargeDirectoryServer.start(SIZE, FAULTS);
  bench = await Bench.open();
  bench.secrets.put('axiom-security/okta/example', server.secret);
});
afterAll(async () => {
  await bench?.close();
  await server?.stop();
});

const batchesOf = ({ group, requestId }: StartedTask) => bench.home.results.batches(group.id, requestId);

/** The runs of a workflow, with the size of their histories. */
async function runsOf({ requestId }: StartedTask): Promise<{ readonly events: number; readonly bytes: number }[]> {
  const runs: { readonly events: number; readonly bytes: number }[] = [];
  for await (const { historyLength, historySize = 0 } of bench.link.client.workflow.list({ query: `WorkflowId = "${requestId}"` })) {
    runs.push({ events: historyLength, bytes: historySize });
  }
  return runs;
}

describe('a large collection from a system that refuses and resets', () => {
  it('whose runner is killed (-9) in the middle is finished by another, with every item once', async () => {
    const first = await bench.startRunner(ALLOWED);
    const inTheMiddle = server.holdFrom(KILL_AT);
    const task = await bench.start({ type: 'CollectData', system: SYSTEM });
    await inTheMiddle;
    const before = await until('some batches have arrived', async () => {
      const batches = await batchesOf(task);
      return batches.length >= 2 && batches.length;
    });
    await first.kill();
    server.release();
    await bench.startRunner(ALLOWED);
    const { summary, items } = await waitForCollection(bench.home, task, { timeoutMs: 120_000 });

    expect(summary.batches).toBeGreaterThan(before);
    expect(summary.warnings).toEqual([]);
    expect(summary.counts).toMatchObject({ principal: SIZE.users + SIZE.groups, assignment: SIZE.groups * SIZE.members });
    expect(await compareItems(items(), itemsOf(server.directory))).toEqual({ missing: [], surplus: [] });
    expect(Math.min(server.refusals, server.resets)).toBeGreaterThan(0);
    // The other runner went on where the first had been: only the page in its hands was read again.
    expect(server.requests).toBeLessThan(REQUESTS * 1.3);

    const runs = await runsOf(task);
    expect(runs.length).toBeGreaterThan(1);
    for (const { events, bytes } of runs) {
      expect(events).toBeLessThan(MAX_HISTORY.events / 4);
      expect(bytes).toBeLessThan(MAX_HISTORY.bytes / 4);
    }
  });
});
