import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { tsImport } from 'tsx/esm/api';
import { root } from '../install.mjs';

/** The overview of the integrations, made from what each declares. */
const PAGE = 'docs/integrations/README.md';
const BEGIN = '<!-- These tables are made by "npm run render" from the declarations of the integrations. -->';
const END = '<!-- End of the tables. -->';

/** @returns paths of the files that were written */
export async function renderIntegrations(folder = root) {
  const runtime = '../../runner-runtime/src';
  const { INTEGRATION_TYPES, loadIntegration } = await tsImport(`${runtime}/integrations/catalogue.ts`, import.meta.url);
  const { SECRET_TYPES } = await tsImport('../../contract/secrets.ts', import.meta.url);
  const integrations = [];
  for (const type of INTEGRATION_TYPES) {
    const { declaration, listMarked } = await loadIntegration(type);
    const title = SECRET_TYPES.find((entry) => entry.type === type).title;
    integrations.push({ type, title, needsLedger: listMarked.name === 'listLedgerMarks', ...declaration });
  }
  const page = readFileSync(join(root, PAGE), 'utf8');
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`${PAGE} has no tables between "${BEGIN}" and "${END}"`);
  const target = join(folder, PAGE);
  mkdirSync(join(target, '..'), { recursive: true });
  writeFileSync(target, `${before}${BEGIN}\n\n${abilities(integrations)}\n\n${ends(integrations)}\n\n${END}${after}`);
  return [target];
}

const code = (texts) => texts.map((text) => `\`${text}\``).join(', ');
const table = (head, rows) => [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** `Read`, `Write` on repository; `Member` on team. */
function permissionsOf(permissions) {
  const byTargets = new Map();
  for (const { name, targets } of permissions) {
    const on = targets.join(', ');
    byTargets.set(on, [...(byTargets.get(on) ?? []), name]);
  }
  return [...byTargets].map(([on, names]) => `${code(names)} on ${on}`).join('; ');
}

function abilities(integrations) {
  return table(
    ['type', 'system', 'permissions', 'for', 'temporary credential', 'ledger'],
    integrations.map(({ type, title, permissions, principals, dispenses, needsLedger }) => [
      `\`${type}\``,
      `[${title}](${type}.md)`,
      permissionsOf(permissions),
      principals.map(({ kind }) => kind).join(', '),
      dispenses.length === 0 ? 'none' : code(dispenses),
      needsLedger ? '[needed](../ledger.md)' : 'not needed',
    ]),
  );
}

/** What ends by itself, should no runner be left to end it. */
function ends(integrations) {
  return table(
    ['type', 'the system itself ends', 'how', 'cannot be ended early'],
    integrations.map(({ type, nativeExpiry: { ends: what, how }, irrevocable = [] }) => [
      `\`${type}\``,
      what,
      how,
      irrevocable.length === 0 ? 'everything can' : code(irrevocable),
    ]),
  );
}

if (process.argv[1] === import.meta.filename) {
  for (const path of await renderIntegrations(process.argv[2] === undefined ? undefined : resolve(process.argv[2]))) console.error(path);
}
