import { readFileSync } from 'node:fs';

/** Texts that are no constructs: a hand-written app has them as files. Taken from what the library makes, so that both have the same. */
export interface Texts {
  /** User data of the instances; `‹…›` stands for a reference. */
  readonly userData: string;
  /** Saved queries over a log, in their order. */
  readonly queries: readonly { readonly name: string; readonly text: string }[];
}

/** The texts, from the file that the third argument of the process names. */
export function texts(): Texts {
  return JSON.parse(readFileSync(process.argv[4] ?? 'texts.json', 'utf8'));
}
