import { type System, systemName } from '@axiom-runner/protocol';
import type { z } from 'zod';
import { INTEGRATION_SECRET_PREFIX, SECRET_TYPES, type SecretField, type SecretType } from '../../../contract/secrets.js';
import { RunnerError } from '../errors.js';

/** Name of the secret that opens a system: `axiom-security/<type>/<id>`. */
export function secretName(system: System): string {
  return INTEGRATION_SECRET_PREFIX + systemName(system);
}

/**
 * Validates an integration secret against the catalogue, then against its integration. Numbers and booleans become strings; literal `\n`
 * in private keys become newlines; fields that nobody knows are ignored.
 * @throws {RunnerError} `SECRET_MALFORMED` naming the secret, the field and the mend, never a value
 */
export function parseIntegrationSecret<T>(text: string, system: System, schema: z.ZodType<T>): T {
  const name = secretName(system);
  const malformed = (what: string, mend: string) =>
    new RunnerError('SECRET_MALFORMED', `The secret ${name} ${what}.`, { object: name, mend });
  const catalogue = SECRET_TYPES.find((entry) => entry.type === system.type);
  if (catalogue === undefined) throw new RunnerError('UNSUPPORTED', `There is no integration ${system.type}.`, { object: name });
  const fields = readFields(parseObject(text, malformed), catalogue, malformed);
  const parsed = schema.safeParse(fields);
  if (parsed.success) return parsed.data;
  const faults = [...new Set(parsed.error.issues.map((issue) => `${issue.path.join('.')} (${issue.message})`))];
  throw malformed(`has unusable fields: ${faults.join(', ')}`, 'Correct these fields with aws secretsmanager update-secret.');
}

type Malformed = (what: string, mend: string) => RunnerError;

function parseObject(text: string, malformed: Malformed): Readonly<Record<string, unknown>> {
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    throw malformed(
      'is not JSON',
      'Store a JSON object, e.g. with aws secretsmanager update-secret --secret-string \'{"key": "value"}\'; mind the quotes of your shell.',
    );
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw malformed('is JSON, but no object', 'Store a JSON object of strings.');
  return json as Readonly<Record<string, unknown>>;
}

function readFields(object: Readonly<Record<string, unknown>>, catalogue: SecretType, malformed: Malformed): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const field of catalogue.fields) {
    const value = Object.hasOwn(object, field.name) ? object[field.name] : undefined;
    if (value === undefined || value === null) {
      if (!field.optional) throw malformed(`has no field ${field.name}`, `Add it: ${field.meaning}${nearMiss(object, field)}`);
      continue;
    }
    if (typeof value === 'object') throw malformed(`has a field ${field.name} that is no text`, 'Write it as a string.');
    if (Number.isInteger(value) && !Number.isSafeInteger(value))
      throw malformed(`has a number in ${field.name} that is too large to be read exactly`, 'Write it as a string.');
    const text = String(value);
    if (text.trim() === '') throw malformed(`has an empty field ${field.name}`, `Fill it: ${field.meaning}`);
    if (field.placeholders?.includes(text))
      throw malformed(`still holds the placeholder ${text} in ${field.name}`, 'Replace it with your own value.');
    fields[field.name] = field.name.endsWith('private_key') ? text.replaceAll('\\n', '\n') : text;
  }
  return fields;
}

/** A key that differs only in case or separators is most likely a slip. */
function nearMiss(object: Readonly<Record<string, unknown>>, field: SecretField): string {
  const plain = (key: string) => key.toLowerCase().replace(/[^a-z0-9]/g, '');
  const near = Object.keys(object).find((key) => plain(key) === plain(field.name));
  return near === undefined ? '' : ` (there is a field ${JSON.stringify(near.slice(0, 60))}; the name is ${field.name})`;
}
