import { join } from 'node:path';
import { type Result, requestIdSchema } from '@axiom-runner/protocol';
import { usageError } from '../errors.js';
import { makePrivateFolder } from './files.js';
import { Journal, type JournalPage } from './journal.js';
import { type StoredResult, storedResultSchema } from './state.js';

/** Journals whose ids are kept in memory; the rest is read again when needed. */
const OPEN_JOURNALS = 64;

/** The results that runners delivered: `results/<group>/results.jsonl`, and one `collection-<request>.jsonl` for the batches of a collection. */
export class ResultStore {
  readonly #journals = new Map<string, Journal<StoredResult>>();

  constructor(private readonly folder: string) {}

  /**
   * Stores a result durably. Delivery is at least once, so that the same result may come again.
   * @returns false when it is stored already
   */
  async append(result: Result, receivedAt: Date = new Date()): Promise<boolean> {
    const journal = result.stage === 'batch' ? this.#batches(result.runnerGroupId, result.requestId) : this.#results(result.runnerGroupId);
    await makePrivateFolder(join(this.folder, result.runnerGroupId));
    return journal.append({ receivedAt: receivedAt.toISOString(), result });
  }

  /** Results of a group in the order of their arrival, without the batches of collections. */
  read(groupId: string, from = 0): Promise<JournalPage<StoredResult>> {
    return this.#results(groupId).read(from);
  }

  /** Results of one request in the order in which its workflow made them. */
  async ofRequest(groupId: string, requestId: string): Promise<StoredResult[]> {
    const { entries } = await this.read(groupId);
    return inOrder(entries.filter(({ result }) => result.requestId === requestId));
  }

  /** Batches of one collection that have arrived, by position. */
  async batches(groupId: string, requestId: string): Promise<(Result & { stage: 'batch' })[]> {
    const { entries } = await this.#batches(groupId, requestId).read();
    return entries.flatMap(({ result }) => (result.stage === 'batch' ? [result] : [])).sort((one, other) => one.sequence - other.sequence);
  }

  #results(groupId: string): Journal<StoredResult> {
    return this.#journal(join(this.folder, groupId, 'results.jsonl'));
  }

  #batches(groupId: string, requestId: string): Journal<StoredResult> {
    if (!requestIdSchema.safeParse(requestId).success) throw usageError('The request id of a batch is malformed.');
    return this.#journal(join(this.folder, groupId, `collection-${requestId}.jsonl`));
  }

  #journal(path: string): Journal<StoredResult> {
    const journal = this.#journals.get(path) ?? new Journal<StoredResult>(path, storedResultSchema, ({ result }) => result.resultId);
    this.#journals.delete(path);
    this.#journals.set(path, journal);
    for (const oldest of [...this.#journals.keys()].slice(0, -OPEN_JOURNALS)) this.#journals.delete(oldest);
    return journal;
  }
}

/** Sorts results of one request by the sequence at the end of their ids; deliveries may overtake each other. */
export function inOrder(results: readonly StoredResult[]): StoredResult[] {
  return [...results].sort((one, other) => sequence(one.result) - sequence(other.result));
}

function sequence(result: Result): number {
  const value = Number(result.resultId.slice(result.resultId.lastIndexOf('/') + 1));
  return Number.isFinite(value) ? value : Number.MAX_SAFE_INTEGER;
}
