import { continueAsNew, workflowInfo } from '@temporalio/workflow';
import type { AdmittedCollection } from '../activity-types.js';
import { collecting, prompt } from './proxies.js';
import { failureOf, Reporter } from './reporter.js';
import { refusalOfStart } from './starter-options.js';

/** History size at which a collection goes on in a new run, bytes. */
const MAX_HISTORY_BYTES = 10 * 1024 * 1024;
const MAX_WARNINGS = 100;
/** A count below this share of the previous one is not taken as truth. */
const COLLAPSE = 0.5;

/** What a collection remembers across runs. */
interface Progress {
  readonly admitted: AdmittedCollection;
  readonly startedAt: number;
  cursor: string | undefined;
  batches: number;
  sequence: number;
  counts: Record<string, number>;
  warnings: string[];
}

/**
 * Collects a system page by page: one activity a page, one result a page, so that no payload and no history grows without bound.
 * @param resumed set by the workflow itself when it goes on in a new run; envelope and ticket are authenticated, the rest are only numbers
 */
export async function collectData(envelope: unknown, resumed?: Progress): Promise<void> {
  const reporter = new Reporter(resumed?.sequence);
  const refusal = refusalOfStart(envelope);
  if (refusal !== undefined) return reporter.fail(failureOf(refusal));
  try {
    const progress = resumed ?? {
      admitted: await prompt.admitCollection(envelope),
      startedAt: Date.now(),
      cursor: undefined,
      batches: 0,
      sequence: 0,
      counts: {},
      warnings: [],
    };
    reporter.system = progress.admitted.system;
    for (;;) {
      const page = await collecting.collectPage(envelope, progress.admitted.ticket, progress.cursor);
      await reporter.roomForOne();
      reporter.report({ stage: 'batch', sequence: progress.batches, items: page.batch });
      progress.batches += 1;
      for (const [name, count] of Object.entries(page.counts)) progress.counts[name] = (progress.counts[name] ?? 0) + count;
      progress.warnings = [...new Set([...progress.warnings, ...page.warnings])].slice(0, MAX_WARNINGS);
      if (page.next === undefined) break;
      progress.cursor = page.next;
      if (workflowInfo().historySize > MAX_HISTORY_BYTES || workflowInfo().continueAsNewSuggested) {
        await reporter.settled();
        await continueAsNew<typeof collectData>(envelope, { ...progress, sequence: reporter.sequence });
      }
    }
    const collapsed = collapses(progress.counts, progress.admitted.previousCounts);
    reporter.report({
      stage: 'collected',
      summary: {
        counts: progress.counts,
        batches: progress.batches,
        durationSeconds: (Date.now() - progress.startedAt) / 1000,
        trustworthy: collapsed.length === 0,
        warnings: [...progress.warnings, ...collapsed],
      },
    });
  } catch (error) {
    if (isContinuation(error)) throw error;
    return reporter.fail(error);
  }
  await reporter.settled();
}

function collapses(counts: Readonly<Record<string, number>>, previous: Readonly<Record<string, number>>): string[] {
  return Object.entries(previous)
    .filter(([name, before]) => before >= 10 && (counts[name] ?? 0) < before * COLLAPSE)
    .map(
      ([name, before]) =>
        `The number of ${name}s fell from ${before} to ${counts[name] ?? 0}: check the rights of the integration's user before you believe it.`,
    );
}

function isContinuation(error: unknown): boolean {
  return error instanceof Error && error.name === 'ContinueAsNew';
}
