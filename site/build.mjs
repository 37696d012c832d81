import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { pagesOf, placeOf, readOutline } from './outline.mjs';
import { sitePackages } from './packages.mjs';
import { serveFolder } from './serve.mjs';

/**
 * `npm run site`: builds the documentation as a static site. `--out <folder>`: where to, `site/dist` by default; `--base <path>`: where a host
 * has it, `/` by default; `--serve`: shows it on a port of this machine until it is stopped, `--port` on this one.
 */
const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..');
const { values } = parseArgs({
  options: {
    out: { type: 'string', default: join(here, 'dist') },
    base: { type: 'string', default: '/' },
    serve: { type: 'boolean', default: false },
    port: { type: 'string', default: '0' },
  },
});
if (!/^\/([^/]+\/)*$/.test(values.base))
  throw new Error(`--base is ${values.base}. It begins and ends with a slash, for example /axiom-runner/`);
const out = resolve(values.out);
await build(out, values.base);
console.log(`${relative(process.cwd(), out)}: ${statement(out)}`);
if (values.serve) console.log(`${(await serveFolder(out, { base: values.base, port: Number(values.port) })).address} until Ctrl-C`);

/** Builds beside the packages, because they are found from there; the complete site then takes the place of the old one. */
async function build(out, base) {
  const packages = await sitePackages();
  const work = mkdtempSync(join(packages, 'work-'));
  try {
    prepare(work);
    cpSync(join(packages, 'node_modules/@mermaid-js/tiny/dist/mermaid.tiny.js'), join(work, 'pages/public/mermaid.tiny.js'));
    const { status } = spawnSync(process.execPath, [join(packages, 'node_modules/vitepress/bin/vitepress.js'), 'build', '--base', base], {
      cwd: work,
      stdio: ['ignore', 2, 2],
    });
    if (status !== 0) throw new Error('the site was not built, see above');
    writeFileSync(join(work, 'dist/external-links.txt'), `${externalLinks(join(work, 'dist')).join('\n')}\n`);
    const next = `${out}.next`;
    rmSync(next, { recursive: true, force: true });
    cpSync(join(work, 'dist'), next, { recursive: true });
    rmSync(out, { recursive: true, force: true });
    renameSync(next, out);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Puts together what the generator reads: its configuration, the pages, and the files of docs/ that they link to. */
function prepare(work) {
  const outline = readOutline(root);
  for (const path of pagesOf(outline)) copy(path, join(work, 'pages', placeOf(path)));
  const files = readdirSync(join(root, 'docs'), { recursive: true })
    .map((path) => `docs/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.json'))
    .sort();
  for (const path of files) copy(path, join(work, 'pages/public', path));
  for (const path of readdirSync(here)) {
    if (path === '.vitepress' || path.endsWith('.mjs')) cpSync(join(here, path), join(work, path), { recursive: true });
  }
  const { version, repository } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const content = { outline, files, version, repository: repository.url.replace(/\.git$/, '') };
  writeFileSync(join(work, 'content.json'), JSON.stringify(content));
  writeFileSync(join(work, 'package.json'), '{"type":"module"}');
}

function copy(path, to) {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(join(root, path), to);
}

/** Addresses outside that the pages link to, for those who want to know whether they are there still. */
function externalLinks(folder) {
  const pages = readdirSync(folder, { recursive: true }).filter((path) => path.endsWith('.html'));
  const links = pages.flatMap((path) => [...readFileSync(join(folder, path), 'utf8').matchAll(/<a [^>]*href="(https?:[^"]+)"/g)]);
  return [...new Set(links.map(([, link]) => link.replaceAll('&amp;', '&')))].sort();
}

/** Number of pages and size of a built site. */
function statement(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const bytes = files.reduce((sum, { parentPath, name }) => sum + readFileSync(join(parentPath, name)).length, 0);
  return `${files.filter(({ name }) => name.endsWith('.html')).length} pages, ${(bytes / 1e6).toFixed(1)} MB`;
}
