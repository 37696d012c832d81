import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const DOCS = fileURLToPath(new URL('../../../../docs/', import.meta.url));

/** Names of the pages about the secret agent. */
export const AGENT_PAGES = readdirSync(DOCS).filter((name) => /^agent.*\.md$/.test(name));

export function readDocs(name: string): string {
  return readFileSync(join(DOCS, name), 'utf8');
}

/** Contents of a page's code blocks of one language. */
export function codeBlocks(name: string, language: string): string[] {
  const blocks = [...readDocs(name).matchAll(/^```(\w*)\n(.*?)^```$/gms)];
  return blocks.filter(([, of]) => of === language).map(([, , text = '']) => text);
}

/** Cells of the first table behind a text, without its head. */
export function tableAfter(name: string, text: string): string[][] {
  const [, table = ''] = /(?:^|\n)((?:\|.*\n?)+)/.exec(readDocs(name).split(text)[1] ?? '') ?? [];
  return table
    .trim()
    .split('\n')
    .slice(2)
    .map((row) =>
      row
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    );
}
