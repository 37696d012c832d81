interface Closable {
  close(): unknown;
}

/** What was opened so far, to be closed the other way round. */
export class Opened {
  readonly #parts: Closable[] = [];

  add<T extends Closable | undefined>(part: T): T {
    if (part !== undefined) this.#parts.push(part);
    return part;
  }

  /** Closes all of it. @throws what the first one threw that could not be closed, when the others are */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (let part = this.#parts.pop(); part !== undefined; part = this.#parts.pop()) {
      try {
        await part.close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
