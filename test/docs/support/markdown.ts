import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Folder of the repository. */
export const ROOT = join(__dirname, '../../..');

const IGNORED = new Set(['node_modules', 'dist', 'dist-lang', 'cdk.out', 'coverage']);

/** Paths of all Markdown files of the repository, relative to it. */
export function markdownFiles(folder = ROOT): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return IGNORED.has(entry.name) || entry.name.startsWith('.') ? [] : markdownFiles(path);
    return entry.name.endsWith('.md') ? [relative(ROOT, path)] : [];
  });
}

export function readPage(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** Contents of the code blocks of one language. */
export function codeBlocks(page: string, language: string): string[] {
  return [...page.matchAll(/^```(\w*)\n(.*?)^```$/gms)].filter((block) => block[1] === language).map((block) => block[2] ?? '');
}

/** The page without code blocks and HTML comments. */
export function prose(page: string): string {
  return page.replace(/^```.*?^```$/gms, '').replace(/<!--.*?-->/gs, '');
}

/** Texts of the headings. */
export function headings(page: string): string[] {
  return [...prose(page).matchAll(/^#{1,6} (.+)$/gm)].map((heading) => (heading[1] ?? '').trim());
}

/** Anchors of the headings, as GitHub makes them. */
export function anchors(page: string): string[] {
  const seen = new Map<string, number>();
  return headings(page).map((heading) => {
    const slug = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{Pc} -]/gu, '')
      .replaceAll(' ', '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
}

/** Targets of the links in the prose. */
export function links(page: string): string[] {
  return [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map((link) => link[1] ?? '');
}

/** Body rows of the first table behind a text, each cell trimmed. */
export function tableAfter(page: string, text: string): string[][] {
  const at = page.indexOf(text);
  if (at < 0) throw new Error(`the page has no "${text}"`);
  const [, table = ''] = /(?:^|\n)((?:\|.*\n?)+)/.exec(page.slice(at)) ?? [];
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

/** Text of a section, from its heading to the next one of any level. */
export function section(page: string, heading: string): string {
  const at = page.search(new RegExp(`^#+ ${heading.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`, 'm'));
  if (at < 0) throw new Error(`the page has no section "${heading}"`);
  const [, ...rest] = page.slice(at).split('\n');
  const end = rest.findIndex((line) => /^#{1,6} /.test(line));
  return rest.slice(0, end < 0 ? undefined : end).join('\n');
}

/** A text as it stands in a cell. */
export function inCell(text: string): string {
  return text.replaceAll('<', '\\<').replaceAll('|', '\\|');
}
