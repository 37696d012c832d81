import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const { Yaml } = createRequire(import.meta.url)('cdk8s');

/** Ways to open one place of an object to Helm: each makes the lines for a key from its indent, which may hold the dash of a list. */

/** A value that an expression yields. */
export const expression = (code) => (lead, key) => `${lead}${key}: {{ ${code} }}`;

/** An object or list that an expression yields as YAML. */
export const block = (code) => (lead, key) => `${lead}${key}:\n${inside(lead, 2)}{{- ${code} | nindent ${lead.length + 2} }}`;

/** The same, left out where it is empty. */
export const optional =
  (code, yaml = 'toYaml .') =>
  (lead, key) =>
    `${lead}{{- with ${code} }}\n${block(yaml)(lead, key)}\n${lead}{{- end }}`;

/** A way that holds only on a condition. */
export const onlyIf = (condition, way) => (lead, key) => `${lead}{{- if ${condition} }}\n${way(lead, key)}\n${lead}{{- end }}`;

/** Lines of the caller's own, below the key. */
export const lines =
  (...texts) =>
  (lead, key) =>
    [`${lead}${key}:`, ...texts.map((text) => inside(lead, 2) + text)].join('\n');

const inside = (lead, more) => ' '.repeat(lead.length + more);

/**
 * An object as a template.
 * @param openings pairs of path and way; a path that the object lacks is added
 * @param condition whether the object is there at all
 */
export function template(object, openings, condition) {
  const opened = structuredClone(object);
  const marks = openings.map(([path, way], index) => {
    const mark = `opened-place-${index}-`;
    put(opened, path.split('.'), mark);
    return [mark, way];
  });
  const text = marks.reduce((yaml, [mark, way]) => {
    const line = new RegExp(`^( *)(- )?([^\\s:]+): ${mark}$`, 'm');
    if (!line.test(yaml)) throw new Error(`${mark} has no line of its own`);
    return yaml.replace(line, (_, indent, dash = '', key) => opening(way, indent, dash, key));
  }, Yaml.stringify(opened));
  return condition === undefined ? text : `{{- if ${condition} }}\n${text}{{- end }}\n`;
}

/** The first key of an item in a list keeps its dash. */
function opening(way, indent, dash, key) {
  if (dash === '') return way(indent, key);
  const text = way(`${indent}  `, key);
  if (text.trimStart().startsWith('{{')) throw new Error(`${key} begins an item of a list and can't be left out`);
  return `${indent}- ${text.slice(indent.length + 2)}`;
}

function put(object, [key, ...rest], value) {
  if (rest.length === 0) {
    object[key] = value;
  } else {
    put(object[key], rest, value);
  }
}

/** Writes a chart's files in the place of its folder; answers with the paths. @param files texts by their path in the chart */
export function writeChart(chart, files) {
  rmSync(chart, { recursive: true, force: true });
  return Object.entries(files).map(([path, text]) => {
    const target = join(chart, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
    return target;
  });
}
