import type { Check, Sweep } from '@axiom-runner/protocol';
import type { Guard } from '../guard/admission.js';
import { secretName } from '../secrets/integration-secret.js';
import type { Reaper } from '../systems/reaper.js';
import type { Systems } from '../systems/systems.js';
import type { AdmittedCollection, CollectedPage, TestedSystem } from './activity-types.js';
import type { Attempt } from './attempt.js';
import { Batches } from './batches.js';
import type { SealedDocuments } from './sealed-documents.js';

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
  readonly #batches = new Batches();

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
    return this.options.systems.open(system, attempt.gate, attempt.signal, (integration, access) =>
      this.#batches.read(integration, access, from),
    );
  }

  async sweepOrphans(attempt: Attempt, envelope: unknown): Promise<Sweep> {
    const { task } = await this.options.guard.accept(envelope, attempt.workflowId, ['SweepOrphans'] as const);
    attempt.describe(task);
    return this.options.reaper.round(task.system === undefined ? undefined : [task.system]);
  }
}
