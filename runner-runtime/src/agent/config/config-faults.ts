import { z } from 'zod';
import type { SettingFault } from '../../config/settings.js';
import { agentSettingsSchema } from './agent-settings.js';

const SHOWN_LENGTH = 60;
const DOCS = 'docs/agent-configuration.md lists every setting.';
/** Settings whose value may be a token or a password by mistake: it is never shown. */
const HIDDEN = /token|password|template|url$/;

/**
 * What is wrong, as people mend it.
 * @param place how a path is called, with its line
 */
export function faultsOf(issue: z.core.$ZodIssue, raw: unknown, place: (path: readonly PropertyKey[]) => string): SettingFault[] {
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(issue.path, raw);
    return issue.keys.map((key) => ({
      variable: place([...issue.path, key]),
      found: 'is no setting',
      mend: known.length === 0 ? DOCS : `There are here: ${known.join(', ')}. ${DOCS}`,
    }));
  }
  if (issue.code === 'invalid_key') {
    const [inner] = issue.issues;
    return [
      {
        variable: place(issue.path),
        found: 'is no name that is accepted',
        mend: `Allowed: ${inner === undefined ? 'another name' : allowedBy(inner)}.`,
      },
    ];
  }
  const found = valueAt(raw, issue.path);
  const name = String(issue.path.findLast((key) => typeof key === 'string') ?? '');
  return [
    { variable: place(issue.path), found: `is ${HIDDEN.test(name) ? kindOf(found) : shown(found)}`, mend: `Allowed: ${allowedBy(issue)}.` },
  ];
}

/** A text that may be anything, on one line and without control characters, cut. */
export function oneLine(text: string): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '·');
  return clean.length > 2 * SHOWN_LENGTH ? `${clean.slice(0, 2 * SHOWN_LENGTH)}…` : clean;
}

/** The schema's own words, or words for the few faults that it has none for. */
function allowedBy(issue: z.core.$ZodIssue): string {
  if (!issue.message.startsWith('Invalid ')) return issue.message;
  if (issue.code === 'invalid_value') return issue.values.map(String).join(', ');
  if (issue.code !== 'invalid_type') return 'another value';
  return issue.expected === 'object' || issue.expected === 'record' ? 'a mapping, name: value on each line' : `a ${issue.expected}`;
}

function shown(value: unknown): string {
  if (typeof value !== 'string')
    return typeof value === 'object' && value !== null ? kindOf(value) : value === undefined ? 'missing' : String(value);
  return value.length > SHOWN_LENGTH ? kindOf(value) : `"${oneLine(value)}"`;
}

/** What a value is, without the value. */
function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'string') return `a text of ${value.length} characters`;
  if (Array.isArray(value)) return 'a list';
  return value === null ? 'null' : typeof value === 'object' ? 'a mapping' : `a ${typeof value}`;
}

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    raw,
  );
}

type JsonSchema = {
  readonly properties?: Record<string, JsonSchema>;
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly const?: unknown;
};

let rendered: JsonSchema | undefined;

/** The settings that stand beside each other at a place: of the variant that its `type` names, where there are several. */
function knownKeys(path: readonly PropertyKey[], raw: unknown): string[] {
  // Rendered once, when there is a fault. Only what is read here is typed.
  rendered ??= z.toJSONSchema(agentSettingsSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  const variants = (one: JsonSchema): JsonSchema[] => [one, ...[...(one.anyOf ?? []), ...(one.oneOf ?? [])].flatMap(variants)];
  const below = path.reduce<JsonSchema[]>(
    (at, key) =>
      at.flatMap(variants).flatMap((one) => {
        const next = typeof key === 'number' ? one.items : (one.properties?.[String(key)] ?? one.additionalProperties);
        return typeof next === 'object' ? [next] : [];
      }),
    [rendered],
  );
  const type = valueAt(raw, [...path, 'type']);
  const matching = below.flatMap(variants).filter(({ properties }) => {
    const named = properties?.['type']?.const;
    return named === undefined || named === type;
  });
  return [...new Set(matching.flatMap(({ properties = {} }) => Object.keys(properties)))];
}
