/**
 * The delay with which Graph shows a change: the first reads after it still see what was there before.
 * https://learn.microsoft.com/graph/aad-advanced-queries
 */
export class Replicas {
  readonly #stale = new Map<string, { readonly stood: boolean; left: number }>();

  /** @param reads how many reads see a change too late */
  constructor(public reads: number) {}

  /** Remembers what stood before a change. */
  changed(what: string, stood: boolean): void {
    if (this.reads > 0) this.#stale.set(what, { stood, left: this.reads });
  }

  /** Whether a read sees something. @param stands whether it really stands */
  shows(what: string, stands: boolean): boolean {
    const stale = this.#stale.get(what);
    if (stale === undefined || stale.left === 0) return stands;
    stale.left -= 1;
    return stale.stood;
  }

  /** Lets the replicas catch up. */
  settle(): void {
    this.#stale.clear();
  }
}
