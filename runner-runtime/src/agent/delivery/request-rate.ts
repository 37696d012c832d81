/** A bucket of so many requests a second, which fills up again by and by; a second's worth may come at once. */
export class RequestRate {
  #tokens: number;
  #at: number;

  /**
   * @param perSecond requests a second
   * @param clock monotonic milliseconds
   */
  constructor(
    private readonly perSecond: number,
    private readonly clock: () => number,
  ) {
    this.#tokens = perSecond;
    this.#at = clock();
  }

  /** Takes one. @returns whether there was one */
  take(): boolean {
    const now = this.clock();
    this.#tokens = Math.min(this.perSecond, this.#tokens + ((now - this.#at) / 1000) * this.perSecond);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
