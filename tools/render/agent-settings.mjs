import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { tsImport } from 'tsx/esm/api';
import { root } from '../install.mjs';

/** The settings of the secret agent: the tables of their page, and a JSON Schema for editors, both out of the schema that the agent reads by. */
const PAGE = 'docs/agent-configuration.md';
const SCHEMA = 'docs/agent.schema.json';
const BEGIN = '<!-- The tables are made by "npm run render" from runner-runtime/src/agent/config. -->';
const END = '<!-- End of the tables. -->';

/** @returns paths of the files that were written */
export async function renderAgentSettings(folder = root) {
  const { z } = await import('zod');
  const { agentSettingsSchema } = await tsImport('../../runner-runtime/src/agent/config/agent-settings.ts', import.meta.url);
  const jsonSchema = (override) =>
    // The draft that every editor knows.
    z.toJSONSchema(agentSettingsSchema, { io: 'input', unrepresentable: 'any', target: 'draft-7', override });
  const page = readFileSync(join(root, PAGE), 'utf8');
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`${PAGE} has no tables between "${BEGIN}" and "${END}"`);
  const forEditors = jsonSchema(({ jsonSchema: node }) => {
    // For people: an editor knows it by type, bounds and pattern.
    delete node.allowed;
  });
  const files = {
    [PAGE]: `${before}${BEGIN}\n\n${sections(jsonSchema()).join('\n\n')}\n\n${END}${after}`,
    [SCHEMA]: `${JSON.stringify({ title: 'Configuration of the Axiom secret agent', ...forEditors }, undefined, 2)}\n`,
  };
  return Object.entries(files).map(([path, text]) => {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
    return target;
  });
}

/** One for each group of settings, and before them those that are in none. */
function sections({ properties }) {
  const entries = Object.entries(properties);
  const groups = entries.filter(([, node]) => node.type !== 'string');
  const single = entries.filter((entry) => !groups.includes(entry)).flatMap(([name, node]) => rowsOf(name, node, false));
  return [
    `### Single settings\n\n${table(single)}`,
    ...groups.map(([name, node]) => {
      const [group, ...rows] = rowsOf(name, node, false);
      return `### \`${name}\`\n\n${group.meaning}\n\n${table(rows)}`;
    }),
  ];
}

/** A setting and those below it. */
function rowsOf(path, node, isRequired) {
  const { description, allowed } = node;
  if (description === undefined) throw new Error(`${path} is not described`);
  const below = [
    ...membersOf(path, node),
    ...membersOf(`${path}[]`, node.items ?? {}),
    ...(typeof node.additionalProperties === 'object'
      ? membersOf(`${path}.<${path === 'secrets' ? 'id' : 'name'}>`, node.additionalProperties)
      : []),
  ];
  const isLeaf = below.length === 0;
  if (isLeaf && allowed === undefined && node.const === undefined) throw new Error(`nothing says what ${path} allows`);
  const value = isRequired
    ? '**required**'
    : isLeaf && node.default !== undefined
      ? code(node.default === '' ? '' : spelled(node.default))
      : '';
  const row = { path, value, allowed: node.const === undefined ? (isLeaf ? allowed : '') : code(node.const), meaning: description };
  return [row, ...below];
}

/** Of an object, or of each kind of object that may stand there. */
function membersOf(path, node) {
  const kinds = [node, ...(node.anyOf ?? []), ...(node.oneOf ?? [])];
  return kinds.flatMap(({ properties = {}, required = [] }) =>
    Object.entries(properties).flatMap(([name, member]) => rowsOf(`${path}.${name}`, member, required.includes(name))),
  );
}

/** As it is written in YAML: what looks like a number is quoted. */
function spelled(value) {
  return typeof value === 'string' && !/^\d+$/.test(value) ? value : JSON.stringify(value);
}

function code(text) {
  return text === '' ? '' : `\`${text}\``;
}

/** Outside of code, where a backslash would be shown. */
function inCell(text) {
  return text.replaceAll('|', '\\|').replace(/`[^`]*`|</g, (part) => (part === '<' ? '\\<' : part));
}

function table(rows) {
  const cells = rows.map(({ path, value, allowed, meaning }) => [code(path), value, allowed, meaning].map((cell) => inCell(cell)));
  return [['setting', 'default', 'allowed', 'meaning'], ['---', '---', '---', '---'], ...cells]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');
}

if (process.argv[1] === import.meta.filename) {
  for (const path of await renderAgentSettings(process.argv[2] === undefined ? undefined : resolve(process.argv[2]))) console.error(path);
}
