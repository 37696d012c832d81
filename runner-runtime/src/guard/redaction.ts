import type { Settings } from '../config/settings.js';

const MASK = '[redacted]';
/** Shorter values would tear holes into every line. */
const SHORTEST = 4;

/** Knows the secret values in use and cuts them out of text: the last line of defence behind "never put it there". */
export class Redactor {
  readonly #values = new Map<string, number>();
  /** A value may be part of another: what is left of the longer one would still be secret. */
  #longestFirst: readonly string[] = [];

  /** Remembers values until the returned function is called. */
  hold(values: Iterable<string>): () => void {
    const held = [...values].flatMap(forms);
    for (const value of held) this.#values.set(value, (this.#values.get(value) ?? 0) + 1);
    this.#sort();
    return () => {
      for (const value of held) {
        const count = (this.#values.get(value) ?? 1) - 1;
        if (count === 0) this.#values.delete(value);
        else this.#values.set(value, count);
      }
      this.#sort();
    };
  }

  #sort(): void {
    this.#longestFirst = [...this.#values.keys()].sort((one, other) => other.length - one.length);
  }

  /** The text without the values. */
  readonly redact = (text: string): string => {
    let clean = text;
    for (const value of this.#longestFirst) if (clean.includes(value)) clean = clean.replaceAll(value, MASK);
    return clean;
  };
}

/** A value as it may stand in a log line: plain, inside JSON, inside a URL; with the newlines that literal `\n` of private keys becomes, too. */
function forms(value: string): string[] {
  if (value.length < SHORTEST) return [];
  const inJson = (text: string) => JSON.stringify(text).slice(1, -1);
  const mended = value.replaceAll('\\n', '\n');
  // Half a surrogate pair cannot stand in a URL, and would make encodeURIComponent throw.
  const inUrl = encodeURIComponent(value.replace(/\p{Surrogate}/gu, '\uFFFD'));
  return [...new Set([value, inJson(value), inUrl, mended, inJson(mended)])];
}

/** A redactor that knows the secrets among the settings: the password of the proxy and, of a runner, the API key. */
export function redactorFor({ apiKey, network }: Pick<Settings, 'network'> & Partial<Pick<Settings, 'apiKey'>>): Redactor {
  const redactor = new Redactor();
  const password = network.proxy === undefined ? '' : decodeURIComponent(new URL(network.proxy).password);
  redactor.hold([apiKey !== undefined && 'value' in apiKey ? apiKey.value : '', password].filter((value) => value !== ''));
  return redactor;
}
