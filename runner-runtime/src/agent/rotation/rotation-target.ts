import type { VaultSecret } from '../vaults/vault.js';

/** What came of asking the vault anew. */
export interface Refreshed {
  /** `false` when the vault has the version still that was held. */
  readonly changed: boolean;
  /** What was held until now; absent when nothing was. */
  readonly before: VaultSecret | undefined;
  readonly after: VaultSecret;
}

/** What is rotated: the secrets that the agent holds. */
export interface RotationTarget {
  /** Ids that the agent holds or that the configuration names. */
  known(): readonly string[];
  /**
   * Fetches a secret anew and puts it in the place of the old one, which is delivered until then and never after.
   * @throws {Problem} when the vault refuses, fails or keeps silent
   */
  refresh(id: string, reason: 'event' | 'schedule'): Promise<Refreshed>;
  /** Drops a secret that was deleted: the next request asks the vault. */
  forget(id: string): void;
  /** Version that the vault would answer with, where it tells that for less than the secret; `undefined` where it does not. */
  versionOf(id: string): Promise<string | undefined>;
  /** Version that is held now. */
  heldVersion(id: string): string | undefined;
}
