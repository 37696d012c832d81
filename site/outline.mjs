import { readFileSync } from 'node:fs';
import { posix } from 'node:path';

/** The page that lists all others; the site's pages, sidebar and navigation are made of its tables and of nothing else. */
export const INDEX = 'docs/README.md';
/** The page that the site opens with. */
export const HOME = 'README.md';

/**
 * What the site consists of.
 * @param root folder of the repository
 * @returns sections in their order, each with the pages of its table: title, path in the repository, what it is for
 */
export function readOutline(root) {
  const sections = readFileSync(`${root}/${INDEX}`, 'utf8').split(/^## /m).slice(1).map(sectionOf);
  const empty = sections.filter(({ pages }) => pages.length === 0).map(({ title }) => title);
  if (empty.length > 0) throw new Error(`${INDEX} has no table of pages under: ${empty.join(', ')}. A row is | [title](page.md) | for |`);
  return sections;
}

/** Paths of all pages in the repository, the home page first. */
export function pagesOf(outline) {
  return [HOME, INDEX, ...outline.flatMap(({ pages }) => pages.map(({ path }) => path))];
}

/** Place of a page in the site, as a file beside the others: a README is the index of its folder. */
export function placeOf(path) {
  return path.replace(/(^|\/)README\.md$/, '$1index.md');
}

/** Address of a page in the site, from its root. */
export function addressOf(path) {
  return `/${placeOf(path)
    .replace(/\.md$/, '.html')
    .replace(/(^|\/)index\.html$/, '$1')}`;
}

function sectionOf(text) {
  const rows = text.matchAll(/^\| \[([^\]]+)\]\(([^)#\s]+\.md)\) *\| (.*?) *\|$/gm);
  const pages = [...rows].map(([, title, link, purpose]) => ({
    title,
    path: posix.join(posix.dirname(INDEX), link),
    purpose: purpose.replaceAll(/[`*]|\[([^\]]+)\]\([^)]+\)/g, '$1'),
  }));
  return { title: text.slice(0, text.indexOf('\n')).trim(), pages };
}
