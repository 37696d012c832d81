import { join } from 'node:path';
import { readPage } from './support/markdown';

const PAGE = 'docs/agent-clients.md';
const page = readPage(PAGE);

/** Excerpts of the page, each with the files that its section names. */
const EXCERPTS = page.split(/^## /m).flatMap((section) => {
  const files = [...section.matchAll(/\]\((\.\.\/examples\/agent-clients\/[^)]+)\)/g)].map(([, link = '']) => join('docs', link));
  const blocks = [...section.matchAll(/^```(python|go|java|js|bash)\n(.*?)^```$/gms)];
  return blocks.map(([, language = '', text = '']) => ({ title: `${language}: ${text.split('\n')[0]}`, text, files }));
});

/** Lines without indentation: an excerpt stands further left than where it is from. */
function flat(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .join('\n')
    .trim();
}

it('the page has excerpts of each language', () => {
  expect(new Set(EXCERPTS.map(({ title }) => title.replace(/:.*/, '')))).toEqual(new Set(['python', 'go', 'java', 'js', 'bash']));
});

it.each(EXCERPTS)('stands in a file that the tests run: $title', ({ text, files }) => {
  expect(files.filter((file) => `\n${flat(readPage(file))}\n`.includes(`\n${flat(text)}\n`))).toHaveLength(1);
});
