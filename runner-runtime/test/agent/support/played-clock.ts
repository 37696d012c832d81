/** Wall clock and monotonic clock that move when a test says so. */
export class PlayedClock {
  #wall = Date.parse('2026-01-01T00:00:00Z');
  #monotonic = 1_000;

  readonly now = () => this.#wall;
  readonly monotonic = () => this.#monotonic;

  /** Time passes. */
  pass(seconds: number): void {
    this.#wall += seconds * 1000;
    this.#monotonic += seconds * 1000;
  }

  /** Somebody sets the wall clock. */
  setWall(seconds: number): void {
    this.#wall += seconds * 1000;
  }
}
