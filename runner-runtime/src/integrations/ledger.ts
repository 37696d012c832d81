import { RunnerError } from '../errors.js';

/** One entry of the ledger as it was read. */
export interface LedgerEntry {
  /** Its key within the system, e.g. `slot/<hash>`. */
  readonly entry: string;
  /** Grows with each write; what a write must name that replaces it. */
  readonly version: number;
  /** What the runner wrote; encrypted and authenticated under the state key wherever it is stored. */
  readonly document: unknown;
}

/**
 * Records of one system, kept outside it: written before a change, so that a runner that comes after knows what to undo.
 * Writes are compare-and-set: what serialises runners, the reaper and the commands that work on the same thing.
 */
export interface Ledger {
  /** Whether nobody but holders of the state key can read what is written. */
  readonly confidential: boolean;
  /** @throws {RunnerError} `CONFLICT` when the entry was not written with the state key */
  read(entry: string): Promise<LedgerEntry | undefined>;
  /**
   * @param replaces the version that is replaced; absent for a new entry
   * @throws {LedgerConflict} when another runner was faster
   */
  write(entry: string, document: unknown, replaces: number | undefined): Promise<LedgerEntry>;
  /** @throws {LedgerConflict} when another runner was faster */
  remove(entry: string, replaces: number): Promise<void>;
  /** Every entry of the system; `document` is absent from one that was not written with the state key. Empty where there is no ledger. */
  list(): Promise<readonly (Pick<LedgerEntry, 'entry' | 'version'> & { readonly document?: unknown })[]>;
}

/** Another runner has written the entry meanwhile: read it again. */
export class LedgerConflict extends RunnerError {
  constructor(entry: string) {
    super('CONFLICT', 'Another runner works on the same access at this moment.', { object: entry, retryable: true });
  }
}
