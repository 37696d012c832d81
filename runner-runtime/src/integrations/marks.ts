import type { Intent } from './intent.js';

/** What a mark says once its MAC has been verified. */
export interface Mark {
  /** `active`: the access stands. `revoked`: a tombstone that keeps the request from being replayed until {@link tombstoneUntil}. */
  readonly state: 'active' | 'revoked';
  readonly intent: Intent;
}

/** Names and marks under the runner's state key. */
export interface Marks {
  /**
   * The unguessable name of an object of a request: `axm_` and 24 characters of `a-z2-7` (120 bits).
   * @param purpose tells apart several objects of one request
   */
  name(requestId: string, purpose: string): string;
  /** An unguessable name for an object that all requests of this group share, e.g. the holder of a right. */
  sharedName(purpose: string): string;
  /** The text of a mark: URL-safe characters only, about 1 KB. */
  write(state: Mark['state'], intent: Intent): Promise<string>;
  /** The mark that a text is, or `undefined` when its MAC does not verify or it belongs to another group or system. */
  read(text: string): Promise<Mark | undefined>;
}
