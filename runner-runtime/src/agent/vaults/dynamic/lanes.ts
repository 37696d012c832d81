/** Works on one system at once: others must not wait for one that hangs, and none is flooded with connections. */
const WIDTH = 8;

interface Lane {
  running: number;
  readonly waiting: (() => void)[];
}

/** Lets a few works on each system run at once and the others wait, in order. */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();

  async run<T>(system: string, work: () => Promise<T>): Promise<T> {
    const lane = this.#lanes.get(system) ?? { running: 0, waiting: [] };
    this.#lanes.set(system, lane);
    if (lane.running < WIDTH) lane.running += 1;
    else await new Promise<void>((resolve) => lane.waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = lane.waiting.shift();
      if (next === undefined) lane.running -= 1;
      else next();
    }
  }
}
