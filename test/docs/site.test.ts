import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, posix } from 'node:path';
import { links, ROOT, readPage } from './support/markdown';
import { addressesIn, anchorsIn, loadedBy } from './support/site-page';

const SEARCHES = {
  'external id': '/docs/secrets-manager-role.html',
  SECRET_ACCESS_DENIED: '/docs/troubleshooting.html#secret_access_denied',
  TARGET_AUTH_FAILED: '/docs/troubleshooting.html#target_auth_failed',
};
const CHROMIUM = [process.env['CHROMIUM'], ...['chromium', 'chromium-browser', 'google-chrome'].flatMap(onPath)].find(
  (path) => path !== undefined && path !== '' && existsSync(path),
);
const withBrowser = CHROMIUM === undefined ? describe.skip : describe;
const { repository } = JSON.parse(readPage('package.json')) as { repository: { url: string } };
const REPOSITORY = repository.url.replace(/\.git$/, '');

/** Where the site is built for: not at the root of its host, so that a link that forgets its base is noticed. */
const BASE = '/axiom-runner/';
const site = join(mkdtempSync(join(tmpdir(), 'axiom-site-')), 'site');
let pages: string[] = [];

/** A program of the site, as a user runs it. @returns what it printed on standard output */
function run(program: string, ...args: string[]): string {
  return execFileSync(process.execPath, ['--import', 'tsx', join('site', program), ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 16 * 1024 * 1024,
  });
}

beforeAll(() => {
  run('build.mjs', '--out', site, '--base', BASE); // the program: site/build.mjs
  pages = readdirSync(site, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.html'));
}, 300_000);
afterAll(() => rmSync(join(site, '..'), { recursive: true, force: true }));

const htmlOf = (page: string) => readFileSync(join(site, page), 'utf8');
/** A file of the site by its address; undefined when there is none. */
function fileAt(address: string): string | undefined {
  if (!address.startsWith(BASE)) return undefined;
  const path = decodeURI(address.slice(BASE.length));
  return [path, posix.join(path, 'index.html')].find((file) => statSync(join(site, file), { throwIfNoEntry: false })?.isFile());
}

it('has every page that docs/README.md lists, and its own', () => {
  const listed = links(readPage('docs/README.md')).filter((link) => link.endsWith('.md'));
  const expected = ['README.md', 'docs/README.md', ...listed.map((link) => posix.join('docs', link))].map((path) =>
    path.replace(/(^|\/)README\.md$/, '$1index.md').replace(/\.md$/, '.html'),
  );
  expect([...pages].sort()).toEqual([...new Set(expected), '404.html'].sort());
});

it('has no dead link and no dead anchor', () => {
  const dead = pages.flatMap((page) =>
    addressesIn(htmlOf(page))
      .filter((address) => !/^[a-z]+:/.test(address))
      .filter((address) => {
        const { pathname, hash } = new URL(address, `http://localhost${BASE}${page}`);
        const file = fileAt(pathname);
        return file === undefined || (hash.length > 1 && !anchorsIn(htmlOf(file)).has(decodeURIComponent(hash.slice(1))));
      })
      .map((address) => `${page}: ${address}`),
  );
  expect(dead).toEqual([]);
});

it('links to files of the repository that there are', () => {
  const addresses = pages.flatMap((page) => addressesIn(htmlOf(page))).filter((address) => address.startsWith(`${REPOSITORY}/`));
  expect(addresses.length).toBeGreaterThan(30);
  const missing = addresses.filter((address) => {
    const [, kind, path = ''] = /\/(blob|tree)\/HEAD\/([^#]*)/.exec(address.slice(REPOSITORY.length)) ?? [];
    return statSync(join(ROOT, path), { throwIfNoEntry: false })?.isDirectory() !== (kind === 'tree');
  });
  expect(missing).toEqual([]);
});

it('loads nothing from elsewhere', () => {
  const foreign = pages.flatMap((page) => loadedBy(htmlOf(page))).filter((address) => !address.startsWith(BASE) && address !== 'data:,');
  expect(foreign).toEqual([]);
  const styles = readdirSync(site, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.css'));
  expect(styles.filter((path) => /@import|url\(["']?(https?:)?\/\//.test(readFileSync(join(site, path), 'utf8')))).toEqual([]);
});

it('lists the addresses outside', () => {
  const listed = readFileSync(join(site, 'external-links.txt'), 'utf8').trim().split('\n');
  expect(listed.length).toBeGreaterThan(10);
  expect(
    listed.filter((address) => !URL.canParse(address) || (!address.startsWith('https://') && !/localhost|127\.0\.0\.1/.test(address))),
  ).toEqual([]);
});

it('keeps the text of a diagram for readers without scripts', () => {
  expect(htmlOf('docs/architecture.html')).toMatch(/<pre>flowchart TB\n {2}requester/);
});

withBrowser(
  `in Chromium${CHROMIUM === undefined ? ' (skipped: there is none on PATH; apt-get install chromium, or set CHROMIUM)' : ''}`,
  () => {
    interface Seen {
      readonly path: string;
      readonly scrollsBy: number;
      readonly diagrams: number;
      readonly [fault: string]: unknown;
    }
    let seen: Seen[];
    let searches: Record<string, string[]>;
    beforeAll(() => {
      const texts = Object.keys(SEARCHES).flatMap((text) => ['--search', text]);
      ({ pages: seen, searches } = JSON.parse(run('look.mjs', '--browser', CHROMIUM ?? '', '--site', site, '--base', BASE, ...texts)));
    }, 300_000);

    it('sees every page, on a phone and in the dark, some on a desktop in the light', () => {
      expect(new Set(seen.map(({ path }) => path))).toEqual(new Set(pages));
    });

    it.each(['wide', 'pale', 'undrawn', 'errors', 'foreign'])('finds nothing that is %s', (fault) => {
      expect(seen.filter((page) => String(page[fault] ?? 'unknown') !== '' && page[fault] !== 0)).toEqual([]);
    });

    it('scrolls no page to the side', () => {
      expect(seen.filter(({ scrollsBy }) => scrollsBy > 0)).toEqual([]);
    });

    it('draws the diagrams', () => {
      const drawn = Object.fromEntries(seen.map(({ path, diagrams }) => [path, diagrams]));
      const written = (path: string) => (readPage(path).match(/^```mermaid$/gm) ?? []).length;
      expect(drawn['docs/architecture.html']).toBe(written('docs/architecture.md'));
      expect(drawn['docs/agent.html']).toBe(written('docs/agent.md'));
    });

    it.each(Object.entries(SEARCHES))('finds %s', (text, address) => {
      expect(searches[text]?.join(' ')).toContain(address);
    });
  },
);

function onPath(program: string): string[] {
  return (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, program));
}
