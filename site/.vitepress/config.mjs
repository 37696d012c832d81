import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';
import { resolveLinks, slugOf } from '../links.mjs';
import { diagrams, plainText } from '../markdown.mjs';
import { addressOf, INDEX, pagesOf, placeOf } from '../outline.mjs';

/** What build.mjs has found in the repository. */
const { outline, files, repository, version } = JSON.parse(
  readFileSync(fileURLToPath(new URL('../content.json', import.meta.url)), 'utf8'),
);
const pages = pagesOf(outline);
const origins = new Map(pages.map((path) => [placeOf(path), path]));
const purposes = new Map(outline.flatMap((section) => section.pages.map(({ path, purpose }) => [placeOf(path), purpose])));

// biome-ignore lint/style/noDefaultExport: VitePress reads it
export default defineConfig({
  title: 'Axiom Runner',
  description: 'A private access runner for AWS',
  lang: 'en-GB',
  srcDir: 'pages',
  outDir: 'dist',
  cacheDir: 'cache',
  metaChunk: true,
  // One page after the other: the index of the search then has one order, and the same pages give the same bytes.
  buildConcurrency: 1,
  head: [
    ['meta', { name: 'color-scheme', content: 'light dark' }],
    // None: otherwise browsers ask for one.
    ['link', { rel: 'icon', href: 'data:,' }],
  ],
  transformPageData: ({ relativePath }) => ({ description: purposes.get(relativePath) }),
  markdown: {
    // Legible by WCAG 2.1 AA in both themes.
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    // Pages are written for forges, which know none of these.
    attrs: { disable: true },
    linkify: false,
    component: { blockTags: [], inlineTags: [] },
    anchor: { slugify: slugOf },
    headers: { slugify: slugOf },
    languageAlias: { cedar: 'rust', console: 'sh' },
    config(md) {
      md.core.ruler.disable('emoji', true);
      md.use(plainText);
      md.use(diagrams);
      md.use(resolveLinks, { site: { pages, files, repository }, originOf: (place) => origins.get(place) ?? place });
    },
  },
  vite: {
    // The index of the search is one file.
    build: { chunkSizeWarningLimit: 1500 },
  },
  themeConfig: {
    outline: { level: [2, 3] },
    externalLinkIcon: true,
    nav: [
      ...outline.map(({ title }) => ({ text: title, link: `${addressOf(INDEX)}#${slugOf(title)}` })),
      { text: version, link: addressOf('CHANGELOG.md') },
    ],
    sidebar: outline.map(({ title, pages: listed }) => ({ text: title, collapsed: false, items: nested(listed) })),
    search: {
      provider: 'local',
      options: {
        // The reference is found once, and not again in the names of each language.
        _render: (text, env, md) => (env.relativePath.startsWith('docs/api/') ? '' : md.render(text, env)),
        miniSearch: { searchOptions: { combineWith: 'AND', fuzzy: 0.1, prefix: true, boost: { title: 4, text: 2, titles: 1 } } },
      },
    },
    docFooter: { prev: 'Previous', next: 'Next' },
  },
});

/** Pages of a folder stand below the README of the folder. */
function nested(listed) {
  const parentOf = ({ path }) =>
    listed.find(
      (other) => other.path !== path && other.path.endsWith('/README.md') && path.startsWith(other.path.slice(0, -'README.md'.length)),
    );
  const itemOf = (page) => {
    const items = listed.filter((other) => parentOf(other) === page).map(itemOf);
    return { text: page.title, link: addressOf(page.path), ...(items.length > 0 && { collapsed: true, items }) };
  };
  return listed.filter((page) => parentOf(page) === undefined).map(itemOf);
}
