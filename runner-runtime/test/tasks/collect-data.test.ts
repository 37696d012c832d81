import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/client';
import { quietEngine, SYSTEM, WorkflowBench } from '../support/workflow-bench.js';

jest.setTimeout(120_000);

let bench: WorkflowBench;
beforeAll(async () => {
  quietEngine();
  bench = await WorkflowBench.createInRealTime();
});
afterAll(() => bench?.teardown());

/** A system of some pages. */
const pages =
  (count: number, batch = 'x') =>
  async (_envelope: unknown, _ticket: string, cursor: string | undefined) => {
    const page = Number(cursor ?? 0);
    return {
      batch,
      counts: { principal: 10 },
      warnings: page === 0 ? ['a warning'] : [],
      ...(page + 1 < count ? { next: String(page + 1) } : {}),
    };
  };

describe('a collection', () => {
  it('delivers one batch a page and a summary', async () => {
    await bench.live('CollectData', { collectPage: pages(5) });
    const batches = bench.results.flatMap((result) => (result.stage === 'batch' ? [result.sequence] : []));
    expect(batches.sort()).toEqual([0, 1, 2, 3, 4]);
    expect(bench.results.find(({ stage }) => stage === 'collected')).toMatchObject({
      summary: { counts: { principal: 50 }, batches: 5, trustworthy: true, warnings: ['a warning'] },
    });
  });

  it('flags a collapse of the numbers against the previous one instead of publishing it as truth', async () => {
    await bench.live('CollectData', {
      collectPage: pages(1),
      admitCollection: async () => ({ system: SYSTEM, ticket: 't', previousCounts: { principal: 1000, target: 3 } }),
    });
    expect(bench.results.find(({ stage }) => stage === 'collected')).toMatchObject({ summary: { trustworthy: false } });
  });

  it('goes on in a new run before its history grows without bound, and loses and repeats nothing', async () => {
    await bench.live('CollectData', { collectPage: pages(60, 'x'.repeat(250_000)) });
    const ids = bench.results.map(({ resultId }) => resultId);
    expect(new Set(ids).size).toBe(61);
    const batches = bench.results.flatMap((result) => (result.stage === 'batch' ? [result.sequence] : []));
    expect(batches.sort((a, b) => a - b)).toEqual([...Array(60).keys()]);
    expect(bench.calls.filter((name) => name === 'admitCollection')).toHaveLength(1);
    const runs = bench.environment.client.workflow.list({ query: 'WorkflowType = "CollectData"' });
    let continued = 0;
    for await (const { status } of runs) if (status.name === 'CONTINUED_AS_NEW') continued += 1;
    expect(continued).toBeGreaterThan(0);
  });

  it('that fails half-way reports why', async () => {
    const outcome = await bench.live('CollectData', {
      collectPage: async () => {
        throw ApplicationFailure.create({
          type: 'TARGET_PERMISSION_DENIED',
          nonRetryable: true,
          details: [{ code: 'TARGET_PERMISSION_DENIED', message: 'no', retryable: false }],
        });
      },
    });
    expect(outcome).toBe('TARGET_PERMISSION_DENIED');
    expect(bench.results).toMatchObject([{ stage: 'failed', error: { code: 'TARGET_PERMISSION_DENIED' } }]);
  });
});
