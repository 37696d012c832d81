import { RunnerError } from '../../errors.js';
import type { SecretSettings } from '../config/agent-settings.js';
import { parseMoment } from './moment.js';
import type { VaultSecret } from './vault.js';

/** What a mapping makes of a secret. */
export type MappedSecret = Pick<VaultSecret, 'username' | 'password' | 'expiresAt'>;

/** Names of fields in a secret, as Secrets Manager's rotation functions write them: https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html */
const USERNAME_FIELD = 'username';
const PASSWORD_FIELD = 'password';
/** As `password_field`: the whole text is the password. */
const WHOLE_TEXT = '*';
const MOST_NAMED = 10;
const LONGEST_NAMED = 40;
const BYTE_ORDER_MARK = '\uFEFF';

/**
 * The user name and password in a secret's text: of a JSON object by the names of its fields, else the whole text is the password.
 * @param name of the secret, for messages
 * @throws {RunnerError} `SECRET_MALFORMED` naming fields, never a value
 */
export function mapSecret(text: string, settings: SecretSettings | undefined, name: string): MappedSecret {
  const content = text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  const fields = settings?.password_field === WHOLE_TEXT ? undefined : parseObject(content, name);
  if (fields !== undefined) return mapFields(fields, settings, name);
  const wanted = [settings?.username_field, settings?.password_field, settings?.expires_field].find(
    (field) => field !== undefined && field !== WHOLE_TEXT,
  );
  if (wanted !== undefined) throw malformed(name, `is plain text, in which there is no field "${wanted}"`, asJson(wanted));
  if (content === '') throw malformed(name, 'is empty', asJson(PASSWORD_FIELD));
  return { username: settings?.username ?? '', password: content };
}

/**
 * The same of an object that is read already.
 * @param passwordFields where the password is unless the settings say so: the first that is there
 * @throws {RunnerError} `SECRET_MALFORMED` naming fields, never a value
 */
export function mapFields(
  fields: Readonly<Record<string, unknown>>,
  settings: SecretSettings | undefined,
  name: string,
  passwordFields: readonly [string, ...string[]] = [PASSWORD_FIELD],
): MappedSecret {
  const named = settings?.password_field === WHOLE_TEXT ? undefined : settings?.password_field;
  const passwordField = named ?? passwordFields.find((field) => (fields[field] ?? '') !== '') ?? passwordFields[0];
  const password = required(fields, passwordField, name);
  if (password === '') throw malformed(name, `has an empty field "${passwordField}"`, 'Give it a value.');
  const expiresAt = settings?.expires_field === undefined ? undefined : momentIn(fields, settings.expires_field, name);
  return { username: usernameIn(fields, settings, name), password, ...(expiresAt === undefined ? {} : { expiresAt }) };
}

function usernameIn(fields: Readonly<Record<string, unknown>>, settings: SecretSettings | undefined, name: string): string {
  if (settings?.username !== undefined) return settings.username;
  if (settings?.username_field !== undefined) return required(fields, settings.username_field, name);
  return (fields[USERNAME_FIELD] ?? undefined) === undefined ? '' : required(fields, USERNAME_FIELD, name);
}

/** `null` says that there is no end; a field that is missing may be misspelt. */
function momentIn(fields: Readonly<Record<string, unknown>>, field: string, name: string): number | undefined {
  if (!Object.hasOwn(fields, field)) throw missing(fields, field, name);
  if (fields[field] === null) return undefined;
  const moment = parseMoment(fields[field]);
  if (moment !== undefined) return moment;
  throw malformed(name, `has no moment in its field "${field}"`, 'Write ISO 8601, such as 2030-01-31T18:00:00Z, or unix seconds.');
}

function required(fields: Readonly<Record<string, unknown>>, field: string, name: string): string {
  if (!Object.hasOwn(fields, field)) throw missing(fields, field, name);
  const value = fields[field];
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isSafeInteger(value))) return String(value);
  const kind =
    typeof value === 'number'
      ? 'a number whose digits JSON does not keep'
      : Array.isArray(value)
        ? 'a list'
        : value === null
          ? 'null'
          : 'an object';
  throw malformed(name, `has ${kind} in its field "${field}"`, 'Store it as a string, in quotes.');
}

function parseObject(text: string, name: string): Readonly<Record<string, unknown>> | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    // What begins with a brace and parses is an object.
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    // The parser's own message quotes the text. A password that begins with a brace must be declared to be one.
    throw malformed(
      name,
      'begins as a JSON object and is none',
      'Mend its JSON, or set password_field: "*" to take the whole text as the password.',
    );
  }
}

function missing(fields: Readonly<Record<string, unknown>>, field: string, name: string): RunnerError {
  const names = Object.keys(fields);
  const shown = names.slice(0, MOST_NAMED).map(shownName).join(', ');
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
  const there = names.length === 0 ? 'it has none' : `it has ${shown}${more}`;
  const near = names.find((other) => isNear(other, field));
  const hint = near === undefined ? '' : ` Is it ${shownName(near)}?`;
  return malformed(name, `has no field "${field}": ${there}`, `Name the right field under "secrets" of the configuration.${hint}`);
}

function shownName(name: string): string {
  const clean = name.replace(/[\p{Cc}\p{Cf}\p{Surrogate}]/gu, '·');
  return `"${clean.length > LONGEST_NAMED ? `${clean.slice(0, LONGEST_NAMED)}…` : clean}"`;
}

/** The same but for case and separators, or the one within the other: `Password`, `pass_word`, `pass`. */
function isNear(one: string, other: string): boolean {
  const [first, second] = [one, other].map((name) => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, ''));
  if (first === undefined || second === undefined || first.length < 3 || second.length < 3) return false;
  return first.includes(second) || second.includes(first);
}

function asJson(field: string): string {
  return `Store JSON: {"username": "…", "${field}": "…"}.`;
}

function malformed(name: string, what: string, mend: string): RunnerError {
  return new RunnerError('SECRET_MALFORMED', `The secret ${name} ${what}.`, { object: name, mend });
}
