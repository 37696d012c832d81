import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { root } from '../install.mjs';

/**
 * The reference of the construct library as one Markdown page, from the assembly that jsii writes: what each type adds, with types and
 * defaults. What a type has from the CDK is in the CDK's own reference, so it isn't repeated here.
 * @param {object} assembly the parsed file `.jsii`
 */
export function apiReference(assembly) {
  const types = Object.values(assembly.types).sort((a, b) => a.fqn.localeCompare(b.fqn));
  const sections = SECTIONS.map(([title, belongs]) => [title, types.filter((type) => kindOf(type) === belongs)]);
  const contents = sections.flatMap(([title, members]) => [`- ${title}: ${members.map((type) => linkTo(type.fqn)).join(', ')}`]);
  const body = sections.flatMap(([title, members]) => [`## ${title}`, ...members.map(typeSection)]);
  return `${[HEADER, contents.join('\n'), ...body].join('\n\n')}\n`;
}

const HEADER = `# API reference

<!-- Made by "npm run render" from the docstrings of the constructs: change those, not this file. -->

The names are TypeScript's. Stacks are in the submodule \`stacks\`: \`import { stacks } from 'axiom-runner'\`. Properties marked with a star
are required.`;

const SECTIONS = [
  ['Constructs', 'construct'],
  ['Stacks', 'stack'],
  ['Choices', 'class'],
  ['Properties', 'struct'],
  ['Interfaces', 'interface'],
  ['Enumerations', 'enum'],
];

function kindOf({ kind, datatype, fqn, initializer, base }) {
  if (kind === 'enum') return 'enum';
  if (kind === 'interface') return datatype === true ? 'struct' : 'interface';
  if (fqn.includes('.stacks.')) return 'stack';
  return initializer?.parameters?.[0]?.name === 'scope' || base?.startsWith('aws-cdk-lib.') || base?.startsWith('constructs.')
    ? 'construct'
    : 'class';
}

function typeSection(type) {
  const members = [...(type.properties ?? []), ...(type.methods ?? [])];
  const documented = members.filter((member) => member.protected !== true);
  return [
    `### ${type.name}`,
    text(type.docs),
    signature(type),
    parents(type),
    type.kind === 'enum'
      ? table(
          ['member', 'meaning'],
          type.members.map((member) => [`\`${member.name}\``, cell(member.docs)]),
        )
      : '',
    table(
      ['property', 'type', 'meaning'],
      documented.filter(isProperty).map((property) => propertyRow(property, type.datatype === true)),
    ),
    table(['method', 'meaning'], documented.filter((member) => !isProperty(member)).map(methodRow)),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

const isProperty = (member) => 'type' in member;

function signature({ kind, name, initializer, abstract }) {
  if (kind !== 'class' || initializer === undefined || abstract === true || initializer.protected === true) return '';
  return `\`new ${name}(${parameters(initializer)})\``;
}

function parents({ base, interfaces = [] }) {
  const ours = [base, ...interfaces].filter((fqn) => fqn?.startsWith('axiom-runner.'));
  return ours.length === 0 ? '' : `And everything of ${ours.map(linkTo).join(', ')}.`;
}

function propertyRow({ name, type, optional, static: isStatic, docs }, inStruct) {
  const required = inStruct && optional !== true;
  return [`\`${isStatic ? 'static ' : ''}${name}\`${required ? ' *' : ''}`, typeText(type), cell(docs)];
}

function methodRow({ name, static: isStatic, returns, docs, ...method }) {
  const result = returns === undefined ? '' : `: ${typeText(returns.type)}`;
  return [`\`${isStatic ? 'static ' : ''}${name}(${parameters(method)})\`${result}`, cell(docs)];
}

function parameters({ parameters: all = [] }) {
  return all.map(({ name, optional }) => `${name}${optional ? '?' : ''}`).join(', ');
}

function typeText(type) {
  if (type.primitive !== undefined) return `\`${type.primitive}\``;
  if (type.collection !== undefined) return `${type.collection.kind} of ${typeText(type.collection.elementtype)}`;
  return linkTo(type.fqn);
}

function linkTo(fqn) {
  const name = fqn.split('.').at(-1);
  return fqn.startsWith('axiom-runner.') ? `[${name}](#${name.toLowerCase()})` : `\`${fqn.replace(/^aws-cdk-lib\.(aws_)?/, '')}\``;
}

function text({ summary = '', remarks = '', see } = {}) {
  return [summary, remarks, see === undefined ? '' : `See ${see}.`]
    .filter((part) => part !== '')
    .join(' ')
    .replaceAll('\n', ' ');
}

function cell(docs = {}) {
  const byDefault = docs.default === undefined ? '' : ` Default: ${docs.default.replace(/^- /, '')}.`;
  return `${text(docs)}${byDefault}`.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

function table(heads, rows) {
  if (rows.length === 0) return '';
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Compiles the library and writes its reference. @returns paths of the files that were written */
export function renderApiReference(folder = join(root, 'docs')) {
  const env = { ...process.env, JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '1' };
  const { status } = spawnSync('npx', ['jsii'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], env });
  if (status !== 0) throw new Error('the library does not compile: npx jsii');
  return writeReference(folder);
}

function writeReference(folder) {
  const path = join(folder, 'api.md');
  writeFileSync(path, apiReference(JSON.parse(readFileSync(join(root, '.jsii'), 'utf8'))));
  return [path];
}

if (process.argv[1] === import.meta.filename) {
  // With a folder: from the library as it was compiled last.
  const paths = process.argv[2] === undefined ? renderApiReference() : writeReference(resolve(process.argv[2]));
  for (const path of paths) console.error(path);
}
