import { LRUCache } from 'lru-cache';
import type { CacheSettings } from '../config/agent-settings.js';
import type { Answer } from './answer.js';

/** The clocks that a cache goes by. */
export interface Clocks {
  /** Wall clock, unix milliseconds. */
  readonly now: () => number;
  /** Monotonic milliseconds: a TTL must not depend on a clock that somebody sets. */
  readonly monotonic: () => number;
}

interface Entry extends Answer {
  /** Monotonic milliseconds. */
  readonly askedAt: number;
}

/** What an entry takes beside its texts, bytes. */
const ENTRY_OVERHEAD = 512;

/**
 * Answers in memory, for their TTL and no longer than their secrets last. A secret that all applications share has its id as key; one that an
 * application has of its own has both names, parted by a line feed, which neither holds.
 */
export class SecretCache {
  readonly #entries: LRUCache<string, Entry>;

  constructor(
    private readonly settings: CacheSettings,
    private readonly clocks: Clocks,
  ) {
    const { max_entries, max_bytes } = settings;
    this.#entries = new LRUCache({ max: max_entries, maxSize: max_bytes, sizeCalculation: ({ bytes }) => 2 * bytes + ENTRY_OVERHEAD });
  }

  /** An answer that may be delivered. */
  usable(key: string): Answer | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && this.#isFresh(entry, 0) ? entry : undefined;
  }

  /** An answer that may stand in for a vault that keeps silent, and its age in seconds. */
  stale(key: string): { readonly answer: Answer; readonly ageSeconds: number } | undefined {
    const { stale_if_error } = this.settings;
    const entry = this.#entries.get(key);
    if (entry === undefined || stale_if_error === 0 || !this.#isFresh(entry, stale_if_error)) return undefined;
    return { answer: entry, ageSeconds: Math.floor((this.clocks.monotonic() - entry.askedAt) / 1000) };
  }

  /** Whatever is held, not for delivery. */
  held(key: string): Answer | undefined {
    return this.#entries.peek(key);
  }

  /** Ids that are held, of secrets that all applications share. */
  get sharedIds(): readonly string[] {
    return [...this.#entries.keys()].filter((key) => !key.includes('\n'));
  }

  /** Keeps an answer, unless the cache is off. @param askedAt monotonic milliseconds: its TTL counts from then */
  keep(key: string, answer: Answer, askedAt: number): void {
    if (this.settings.enabled) this.#entries.set(key, { ...answer, askedAt });
  }

  drop(key: string): void {
    this.#entries.delete(key);
  }

  /** Drops a secret of all applications. */
  dropId(id: string): void {
    this.#dropWhere((key) => key === id || key.endsWith(`\n${id}`));
  }

  /** Drops what an application had of its own. */
  dropApplication(application: string): void {
    this.#dropWhere((key) => key.startsWith(`${application}\n`));
  }

  /** Lets go of values that may not be delivered any more. */
  sweep(): void {
    this.#dropWhere((_, entry) => !this.#isFresh(entry, this.settings.stale_if_error));
  }

  clear(): void {
    this.#entries.clear();
  }

  /** @param graceSeconds past the TTL; a secret's own end has none */
  #isFresh({ askedAt, secret }: Entry, graceSeconds: number): boolean {
    const { now, monotonic } = this.clocks;
    return (
      monotonic() < askedAt + (this.settings.ttl + graceSeconds) * 1000 && (secret.expiresAt === undefined || now() < secret.expiresAt)
    );
  }

  #dropWhere(isGone: (key: string, entry: Entry) => boolean): void {
    for (const [key, entry] of this.#entries.entries()) if (isGone(key, entry)) this.#entries.delete(key);
  }
}
