import type { Access } from '@axiom-runner/protocol';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/client';
import { ACCESS, ENVELOPE, quietEngine, WorkflowBench } from '../support/workflow-bench.js';

jest.setTimeout(60_000);

let bench: WorkflowBench;
beforeAll(async () => {
  quietEngine();
  bench = await WorkflowBench.createInRealTime();
});
afterAll(() => bench?.teardown());

const live = (...args: Parameters<WorkflowBench['live']> extends [string, ...infer Rest] ? Rest : never) =>
  bench.live('ProvisionAccess', ...args);

describe('results that nobody takes', () => {
  it('do not hold up the end of the access, and are delivered in full when somebody does', async () => {
    await bench.during(
      { applyAccess: async () => ({ access: ACCESS, remainingMs: 500 }) },
      async (taskQueue) => {
        const handle = await bench.start('ProvisionAccess', taskQueue);
        while (!bench.calls.includes('verifyAccess')) await new Promise((resolve) => setTimeout(resolve, 20));
        expect(bench.stages).toEqual([]);
        await (await bench.resultWorker(taskQueue)).runUntil(() => handle.result());
        const { events } = await handle.fetchHistory();
        const deliveries = events?.flatMap(({ activityTaskScheduledEventAttributes: scheduled }) =>
          scheduled?.activityType?.name === 'HandleWorkflowResult' ? [scheduled] : [],
        );
        expect(deliveries?.map(({ scheduleToCloseTimeout }) => Number(scheduleToCloseTimeout?.seconds))).toEqual([
          30 * 86_400,
          30 * 86_400,
        ]);
        expect(deliveries?.map(({ retryPolicy }) => retryPolicy?.maximumAttempts ?? 0)).toEqual([0, 0]);
      },
      { listening: false },
    );
    expect(bench.stages.sort()).toEqual(['granted', 'revoked']);
  });
});

describe('an extension', () => {
  it('moves the end of the access', async () => {
    const seen: string[] = [];
    await live(
      {
        revertAccess: async (intent) => {
          seen.push(intent);
          return { actions: [], warnings: [] };
        },
      },
      async (handle) => {
        await bench.untilGranted(handle);
        const access = await handle.executeUpdate<Access, [unknown]>('extend', { args: [ENVELOPE] });
        expect(access.expiresAt).toBe(ACCESS.expiresAt + 60);
        await handle.signal('revoke');
      },
    );
    expect(seen).toEqual(['intent-2']);
    expect(bench.stages).toEqual(['granted', 'extended', 'revoked']);
  });

  it('that the runner refuses leaves the end where it was', async () => {
    const refuse = async (): Promise<never> => {
      throw ApplicationFailure.create({ type: 'POLICY_DENIED', nonRetryable: true });
    };
    await live({ extendAccess: refuse }, async (handle) => {
      await bench.untilGranted(handle);
      await expect(handle.executeUpdate('extend', { args: [ENVELOPE] })).rejects.toThrow();
      await handle.signal('revoke');
    });
    expect(bench.stages).toEqual(['granted', 'revoked']);
  });

  it('is refused before the access is granted', async () => {
    await live(
      { applyAccess: () => new Promise((resolve) => setTimeout(() => resolve({ access: ACCESS, remainingMs: 100 }), 500)) },
      async (handle) => {
        await expect(handle.executeUpdate('extend', { args: [ENVELOPE] })).rejects.toThrow();
      },
    );
    expect(bench.calls).not.toContain('extendAccess');
  });
});
