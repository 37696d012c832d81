const MASK = '[redacted]';
/** Shorter values would tear holes into every line. */
const SHORTEST = 4;

/** Knows the secret values in use and cuts them out of text: the last line of defence behind "never put it there". */
export class Redactor {
  readonly #values = new Map<string, number>();

  /** Remembers values until the returned function is called. */
  hold(values: Iterable<string>): () => void {
    const held = [...values].flatMap(forms);
    for (const value of held) this.#values.set(value, (this.#values.get(value) ?? 0) + 1);
    return () => {
      for (const value of held) {
        const count = (this.#values.get(value) ?? 1) - 1;
        if (count === 0) this.#values.delete(value);
        else this.#values.set(value, count);
      }
    };
  }

  /** The text without the values. */
  readonly redact = (text: string): string => {
    let clean = text;
    for (const value of this.#values.keys()) if (clean.includes(value)) clean = clean.replaceAll(value, MASK);
    return clean;
  };
}

/** A value as it may stand in a log line: plain, inside JSON, inside a URL. */
function forms(value: string): string[] {
  if (value.length < SHORTEST) return [];
  return [...new Set([value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)])];
}
