import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './install.mjs';

/** What most licences want to go along with copies of the code. */
export const NOTICES_FILE = 'THIRD-PARTY-NOTICES.txt';

/**
 * The licences of the packages in bundles, with their texts where a package has any.
 * @param {{ inputs: Record<string, unknown> }} metafile of esbuild, with paths relative to the repository
 */
export function noticesOf(metafile) {
  const folders = Object.keys(metafile.inputs).map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]);
  const notices = new Map();
  for (const folder of new Set(folders.filter(Boolean))) {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const files = readdirSync(join(root, folder)).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
    const texts = files.sort().map((file) => readFileSync(join(root, folder, file), 'utf8').trim());
    notices.set(`${name} ${version}`, [`${name} ${version}: ${license}`, ...texts].join('\n\n'));
  }
  const sorted = [...notices].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, text]) => text);
  return `${sorted.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}
