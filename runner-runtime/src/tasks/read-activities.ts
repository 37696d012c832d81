import { type Check, type Item, packItems, type Sweep } from '@axiom-runner/protocol';
import { MAX_BATCH_BYTES } from '../../../contract/tasks.js';
import { RunnerError } from '../errors.js';
import type { Guard } from '../guard/admission.js';
import { secretName } from '../secrets/integration-secret.js';
import type { AdmittedCollection, CollectedPage, TestedSystem } from './activity-types.js';
import type { Attempt } from './attempt.js';
import type { Reaper } from './reaper.js';
import type { SealedDocuments } from './sealed-documents.js';
import type { Systems } from './systems.js';

/** Items of a page; fewer when they do not fit into one batch. */
const PAGE_ITEMS = 10_000;
const FEWEST_ITEMS = 50;
const COLLECTION_SECONDS = 86_400;

/** What the reading activities work with. */
export interface ReadActivitiesOptions {
  readonly guard: Guard;
  readonly documents: SealedDocuments;
  readonly systems: Systems;
  readonly reaper: Reaper;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** The tasks that change nothing, and the call for the reaper. */
export class ReadActivities {
  constructor(private readonly options: ReadActivitiesOptions) {}

  async testConnection(attempt: Attempt, envelope: unknown): Promise<TestedSystem> {
    const { task } = await this.options.guard.accept(envelope, attempt.workflowId, ['TestConnection'] as const);
    attempt.describe(task);
    const checks = await this.options.systems.open(task.system, attempt.gate, attempt.signal, (integration, access) =>
      integration.testConnection(access),
    );
    const secret: Check = { name: 'secret', outcome: 'ok', detail: `${secretName(task.system)} was read and is complete.` };
    return { system: task.system, checks: [secret, ...checks] };
  }

  async admitCollection(attempt: Attempt, envelope: unknown): Promise<AdmittedCollection> {
    const { jti, task } = await this.options.guard.accept(envelope, attempt.workflowId, ['CollectData'] as const);
    attempt.describe(task);
    const expiresAt = Math.floor(this.options.now() / 1000) + COLLECTION_SECONDS;
    return { system: task.system, ticket: this.options.documents.sealTicket(jti, expiresAt), previousCounts: task.previousCounts ?? {} };
  }

  /** Asks the guard again for every page: the ticket says only that the task came in time. */
  async collectPage(attempt: Attempt, envelope: unknown, ticket: unknown, cursor: unknown): Promise<CollectedPage> {
    const { guard, documents, now } = this.options;
    const { system } = (await guard.recognise(envelope, attempt.workflowId, ['CollectData'] as const)).task;
    documents.openTicket(ticket, attempt.workflowId, now());
    attempt.describe({ system });
    const from = typeof cursor === 'string' ? cursor : undefined;
    return this.options.systems.open(system, attempt.gate, attempt.signal, async (integration, access) => {
      for (let limit = PAGE_ITEMS; limit >= FEWEST_ITEMS; limit = Math.floor(limit / 2)) {
        const page = await integration.collect(access, from, limit);
        const batch = packItems(page.items);
        if (batch.length > MAX_BATCH_BYTES) continue;
        return { batch, counts: countByKind(page.items), warnings: page.warnings, ...(page.next === undefined ? {} : { next: page.next }) };
      }
      throw new RunnerError('UNSUPPORTED', `${FEWEST_ITEMS} items of the collection do not fit into one batch.`, {
        mend: 'Shorten the names or comments in the system.',
      });
    });
  }

  async sweepOrphans(attempt: Attempt, envelope: unknown): Promise<Sweep> {
    const { task } = await this.options.guard.accept(envelope, attempt.workflowId, ['SweepOrphans'] as const);
    attempt.describe(task);
    return this.options.reaper.round(task.system === undefined ? undefined : [task.system]);
  }
}

/** How many items there are of each kind. */
export function countByKind(items: readonly Item[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { item } of items) counts[item] = (counts[item] ?? 0) + 1;
  return counts;
}
