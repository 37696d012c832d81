import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { root } from '../install.mjs';

/** The settings of the app: the JSON Schema of its settings file, and the table in its page. */
const require = createRequire(import.meta.url);
require('ts-node').register({ transpileOnly: true, cwd: root });
const { SETTINGS } = require('../../bin/setting-table');
const { settingsSchema } = require('../../bin/settings-schema');

const BEGIN = '<!-- The table is made by "npm run render" from bin/setting-table.ts. -->';
const END = '<!-- End of the table. -->';

/** @returns paths of the files that were written */
export function renderSettingsPage(folder = root) {
  const page = readFileSync(join(root, 'docs/app.md'), 'utf8');
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`docs/app.md has no table between "${BEGIN}" and "${END}"`);
  const files = {
    'docs/app.md': `${before}${BEGIN}\n\n${table()}\n\n${END}${after}`,
    'bin/settings.schema.json': `${JSON.stringify(settingsSchema(), undefined, 2)}\n`,
  };
  return Object.entries(files).map(([path, text]) => {
    const target = join(folder, path);
    mkdirSync(join(target, '..'), { recursive: true });
    writeFileSync(target, text);
    return target;
  });
}

function table() {
  const rows = Object.entries(SETTINGS).map(([name, { kind, hosts, requiredBy = [], meaning }]) => {
    const shown = hosts.map((host) => (requiredBy.includes(host) ? `**${host}**` : host)).join(', ');
    return `| \`${name}\` | ${kind} | ${shown} | ${meaning.replaceAll('<', '\\<')} |`;
  });
  return ['| setting | kind | host, bold where required | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

if (process.argv[1] === import.meta.filename) {
  for (const path of renderSettingsPage(process.argv[2] === undefined ? undefined : resolve(process.argv[2]))) console.error(path);
}
