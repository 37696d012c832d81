import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { anchors, links, markdownFiles, prose, ROOT, readPage } from './support/markdown';

const PAGES = markdownFiles();

it('there are pages', () => {
  expect(PAGES).toEqual(expect.arrayContaining(['README.md', 'docs/README.md']));
});

it('the index lists every page of docs/', () => {
  const listed = links(readPage('docs/README.md')).map((link) => join('docs', link));
  expect(PAGES.filter((page) => page.startsWith('docs/') && page !== 'docs/README.md' && !listed.includes(page))).toEqual([]);
});

describe.each(PAGES)('%s', (path) => {
  const page = readPage(path);

  it('has no dead link', () => {
    expect(links(page).filter((link) => !/^[a-z]+:/.test(link) && !isAlive(path, link))).toEqual([]);
  });

  it('has one title', () => {
    expect([...prose(page).matchAll(/^# /gm)]).toHaveLength(1);
  });

  it('mentions no path and no host of a machine that it was written on', () => {
    const forbidden = [ROOT, homedir(), '/home/', '/root/', '/Users/', 'registry.npmjs', 'pypi.org', 'artifactory', 'jfrog'];
    expect(forbidden.filter((text) => page.includes(text))).toEqual([]);
  });
});

function isAlive(from: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? from : normalize(join(dirname(from), file));
  if (target.startsWith('..') || !existsSync(join(ROOT, target))) return false;
  return anchor === undefined || (target.endsWith('.md') && anchors(readPage(target)).includes(anchor));
}
