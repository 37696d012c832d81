/** One stored record. */
export interface StoredRecord {
  readonly entry: string;
  /** Positive, grows with each write. */
  readonly version: number;
  readonly text: string;
}

/** Where a ledger keeps its records: knows texts and versions, not what they mean. */
export interface LedgerStore {
  /** A read that sees every write that was answered before it. */
  read(partition: string, entry: string): Promise<StoredRecord | undefined>;
  /**
   * @param replaces the version that is replaced; absent for a new record
   * @throws {LedgerConflict} when the stored version is another
   */
  write(partition: string, record: StoredRecord, replaces: number | undefined): Promise<void>;
  /** @throws {LedgerConflict} when the stored version is another */
  remove(partition: string, entry: string, replaces: number): Promise<void>;
  /** Records whose entry starts with a prefix. */
  list(partition: string, prefix: string): Promise<readonly StoredRecord[]>;
}
