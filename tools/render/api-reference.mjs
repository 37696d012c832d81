import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { root } from '../install.mjs';
import { LANGUAGES } from './api-languages.mjs';

/**
 * The reference of the construct library in one language as a Markdown page, from the assembly that jsii writes: what each type adds, with
 * types and defaults. What a type has from the CDK is in the CDK's own reference, so it isn't repeated here.
 * @param {object} assembly the parsed file `.jsii`
 * @param {object} language one of LANGUAGES
 */
export function apiReference(assembly, language) {
  const types = Object.values(assembly.types).sort((a, b) => a.fqn.localeCompare(b.fqn));
  const sections = SECTIONS.map(([title, belongs]) => [title, types.filter((type) => kindOf(type) === belongs)]);
  const contents = sections.flatMap(([title, members]) => [`- ${title}: ${members.map((type) => linkTo(type.fqn)).join(', ')}`]);
  const body = sections.flatMap(([title, members]) => [`## ${title}`, ...members.map((type) => typeSection(type, language))]);
  return `${[header(language), contents.join('\n'), ...body].join('\n\n')}\n`;
}

const ORIGIN = '<!-- Made by "npm run render" from the docstrings of the constructs: change those, not this file. -->';

function header({ title, introduction }) {
  return `# API reference: ${title}

${ORIGIN}

${introduction}

A star marks properties that are required, a question mark parameters that may be left out.${
    title === 'TypeScript' ? '' : ' Names and code within the explanations are those of\nTypeScript.'
  } In other languages: [API reference](../api.md).`;
}

/** The page that leads to the languages. */
function overview() {
  const items = LANGUAGES.map(({ id, title }) => `- [${title}](api/${id}.md)`);
  return `# API reference

${ORIGIN}

Every construct, property and default of the library, with the names of each language:

${items.join('\n')}

How to install the library in each of them, and what was tried there: [Languages](languages.md).
`;
}

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

function typeSection(type, language) {
  const members = [...(type.properties ?? []), ...(type.methods ?? [])];
  const documented = members.filter((member) => member.protected !== true);
  return [
    `### ${type.name}`,
    text(type.docs),
    signature(type, language),
    parents(type),
    type.kind === 'enum'
      ? table(
          ['member', 'meaning'],
          type.members.map((member) => [`\`${language.enumMember(type.name, member.name)}\``, cell(member.docs)]),
        )
      : '',
    table(
      ['property', 'type', 'meaning'],
      documented.filter(isProperty).map((property) => propertyRow(property, type.datatype === true, language)),
    ),
    table(
      ['method', 'meaning'],
      documented.filter((member) => !isProperty(member)).map((method) => methodRow(method, type.name, language)),
    ),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

const isProperty = (member) => 'type' in member;

function signature({ kind, name, initializer, abstract }, language) {
  if (kind !== 'class' || initializer === undefined || abstract === true || initializer.protected === true) return '';
  return `\`${language.initializer(name, initializer.parameters ?? [])}\``;
}

function parents({ base, interfaces = [] }) {
  const ours = [base, ...interfaces].filter((fqn) => fqn?.startsWith('axiom-runner.'));
  return ours.length === 0 ? '' : `And everything of ${ours.map(linkTo).join(', ')}.`;
}

function propertyRow({ name, type, optional, static: isStatic, docs }, inStruct, language) {
  const required = inStruct && optional !== true;
  const written = language.property({ name, inStruct });
  return [`\`${isStatic ? 'static ' : ''}${written}\`${required ? ' *' : ''}`, typeText(type, language), cell(docs)];
}

function methodRow({ name, static: isStatic = false, returns, docs, parameters = [] }, typeName, language) {
  const result = returns === undefined ? '' : `: ${typeText(returns.type, language)}`;
  return [`\`${isStatic ? 'static ' : ''}${language.method({ name, parameters, isStatic, typeName })}\`${result}`, cell(docs)];
}

function typeText(type, language) {
  if (type.primitive !== undefined) return `\`${language.primitives[type.primitive] ?? type.primitive}\``;
  if (type.collection !== undefined) {
    return `${language.collections[type.collection.kind]} ${typeText(type.collection.elementtype, language)}`;
  }
  return type.fqn.startsWith('axiom-runner.') ? linkTo(type.fqn) : `\`${language.foreign(type.fqn)}\``;
}

function linkTo(fqn) {
  const name = fqn.split('.').at(-1);
  return `[${name}](#${name.toLowerCase()})`;
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
  const assembly = JSON.parse(readFileSync(join(root, '.jsii'), 'utf8'));
  const pages = [['api.md', overview()], ...LANGUAGES.map((language) => [`api/${language.id}.md`, apiReference(assembly, language)])];
  mkdirSync(join(folder, 'api'), { recursive: true });
  return pages.map(([name, page]) => {
    const path = join(folder, name);
    writeFileSync(path, page);
    return path;
  });
}

if (process.argv[1] === import.meta.filename) {
  // With a folder: from the library as it was compiled last.
  const paths = process.argv[2] === undefined ? renderApiReference() : writeReference(resolve(process.argv[2]));
  for (const path of paths) console.error(path);
}
