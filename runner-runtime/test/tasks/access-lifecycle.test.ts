import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ApplicationFailure, type WorkflowStartOptions } from '@temporalio/client';
import { PLANNED, quietEngine, SYSTEM, WorkflowBench } from '../support/workflow-bench.js';

jest.setTimeout(60_000);

let bench: WorkflowBench;
beforeAll(async () => {
  quietEngine();
  bench = await WorkflowBench.create();
});
afterAll(() => bench?.teardown());

const live = (...args: Parameters<WorkflowBench['live']> extends [string, ...infer Rest] ? Rest : never) =>
  bench.live('ProvisionAccess', ...args);

describe('the life of an access', () => {
  it('is planned, granted, ended at its expiry, and proved', async () => {
    await live({});
    expect(bench.calls).toEqual(['planAccess', 'applyAccess', 'revertAccess', 'verifyAccess']);
    expect(bench.stages).toEqual(['granted', 'revoked']);
    expect(bench.results[1]).toMatchObject({
      cause: 'expired',
      system: SYSTEM,
      evidence: { proved: true, actions: ['removed'] },
      type: 'ProvisionAccess',
      tenantId: 'acme',
    });
  });

  it('numbers its results by workflow, first run and sequence', async () => {
    await live({});
    const ids = bench.results.map(({ resultId }) => resultId.split('/'));
    expect(ids.map(([, , sequence]) => sequence)).toEqual(['0', '1']);
    expect(new Set(ids.map(([, run]) => run)).size).toBe(1);
  });

  it('ends when it is asked to', async () => {
    await live({}, async (handle) => {
      await bench.untilGranted(handle);
      await handle.signal('revoke');
    });
    expect(bench.results.at(-1)).toMatchObject({ stage: 'revoked', cause: 'asked' });
  });

  it('is revoked when it is cancelled: cancellation never leaves an access behind', async () => {
    await live({}, async (handle) => {
      await bench.untilGranted(handle);
      await handle.cancel();
    });
    expect(bench.calls.slice(-2)).toEqual(['revertAccess', 'verifyAccess']);
    expect(bench.results.at(-1)).toMatchObject({ stage: 'revoked', cause: 'cancelled' });
  });

  it('grants nothing when the revocation comes before the grant', async () => {
    await live(
      {
        planAccess: async () => {
          await new Promise((resolve) => setTimeout(resolve, 300));
          return PLANNED;
        },
      },
      (handle) => handle.signal('revoke'),
    );
    expect(bench.calls).toEqual(['planAccess', 'revertAccess', 'verifyAccess']);
  });

  it('is undone when granting fails half-way, and says why it failed', async () => {
    const outcome = await live({
      applyAccess: async () => {
        throw ApplicationFailure.create({
          type: 'CONFLICT',
          nonRetryable: true,
          details: [{ code: 'CONFLICT', message: 'taken', retryable: false }],
        });
      },
    });
    expect(outcome).toBe('CONFLICT');
    expect(bench.results).toMatchObject([{ stage: 'revoked', cause: 'failed', error: { code: 'CONFLICT', message: 'taken' } }]);
  });

  it('reports a refused task and touches nothing', async () => {
    const outcome = await live({
      planAccess: async () => {
        throw ApplicationFailure.create({
          type: 'POLICY_DENIED',
          nonRetryable: true,
          details: [{ code: 'POLICY_DENIED', message: 'no', retryable: false }],
        });
      },
    });
    expect(outcome).toBe('POLICY_DENIED');
    expect(bench.calls).toEqual(['planAccess']);
    expect(bench.results).toMatchObject([{ stage: 'failed', error: { code: 'POLICY_DENIED' } }]);
  });

  it('goes on revoking until the revocation is proved, and reports that it is overdue', async () => {
    let reads = 0;
    await live({ verifyAccess: async () => ({ observations: [], proved: ++reads === 8, warnings: [] }) });
    expect(bench.calls.filter((name) => name === 'revertAccess')).toHaveLength(8);
    expect(bench.stages).toEqual(['granted', 'revocation_overdue', 'revoked']);
  });

  it('retries a revocation that cannot be made for days', async () => {
    let tries = 0;
    await live({
      revertAccess: async () => {
        tries += 1;
        if (tries < 40) throw ApplicationFailure.create({ type: 'TARGET_UNREACHABLE' });
        return { actions: [], warnings: [] };
      },
    });
    expect(bench.results.at(-1)).toMatchObject({ stage: 'revoked', evidence: { proved: true } });
  });
});

describe('a start that could end or repeat the workflow behind our back is refused', () => {
  it.each<[string, Partial<WorkflowStartOptions>]>([
    ['an execution time-out', { workflowExecutionTimeout: '1 hour' }],
    ['a run time-out', { workflowRunTimeout: '1 hour' }],
    ['a retry policy', { retry: { maximumAttempts: 3 } }],
  ])('%s', async (_, options) => {
    expect(await live({}, undefined, options)).toBe('TASK_REJECTED');
    expect(bench.calls).toEqual([]);
    expect(bench.results).toMatchObject([{ stage: 'failed', error: { code: 'TASK_REJECTED' } }]);
  });

  it('an input that no activity could carry', async () => {
    expect(await live({}, undefined, { args: [{ schemaVersion: 1, jws: 'x'.repeat(1_000_000) }] })).toBe('TASK_REJECTED');
    expect(bench.calls).toEqual([]);
  });
});
