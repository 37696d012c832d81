import type { SettingFault } from '../../../config/settings.js';
import type { VaultSecret } from '../../vaults/vault.js';

const FIELDS = ['username', 'password', 'secret_id', 'expires_at', 'version'] as const;
type Field = (typeof FIELDS)[number];
const isField = (text: string): text is Field => FIELDS.some((field) => field === text);

const FILTERS: Readonly<Record<string, (text: string) => string>> = {
  /** With its quotes. */
  json: JSON.stringify,
  /** One word of a POSIX shell. */
  shell: (text) => `'${text.replaceAll("'", `'\\''`)}'`,
  /** RFC 3986: what is neither letter nor digit nor one of -._~ becomes %XX; half a surrogate pair cannot be encoded. */
  url: (text) =>
    encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\uFFFD')).replace(
      /[!'()*]/g,
      (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
    ),
  base64: (text) => Buffer.from(text).toString('base64'),
};

const PLACEHOLDER = /\{\{(.*?)\}\}/gs;
const ALLOWED = `There are ${FIELDS.map((field) => `{{${field}}}`).join(' ')}, and each with ${Object.keys(FILTERS).join(', ')} before its name, as in {{json password}}.`;

/** `{{field}}` or `{{filter field}}`, blanks allowed. */
function parse(inner: string): { field: Field; filter: (text: string) => string } | undefined {
  const words = inner.trim().split(/\s+/);
  const [field = '', filter] = [...words].reverse();
  if (words.length > 2 || !isField(field)) return undefined;
  if (filter === undefined) return { field, filter: (text) => text };
  const known = Object.hasOwn(FILTERS, filter) ? FILTERS[filter] : undefined;
  return known === undefined ? undefined : { field, filter: known };
}

/**
 * The faults of a template: placeholders that nobody knows or that do not end.
 * @param variable what the template is called in messages
 */
export function checkTemplate(text: string, variable = 'template'): SettingFault[] {
  const unknown = [...text.matchAll(PLACEHOLDER)].filter(([, inner = '']) => parse(inner) === undefined).map(([whole]) => whole);
  const open = text.replace(PLACEHOLDER, '').includes('{{') ? ['{{ without }}'] : [];
  return [...unknown, ...open].map((found) => ({ variable, found: `has ${found.slice(0, 60)}`, mend: ALLOWED }));
}

/** The text with the secret in it; what a value holds is never taken for a placeholder. */
export function renderTemplate(text: string, id: string, secret: VaultSecret): string {
  const { username, password, version, expiresAt } = secret;
  const values: Record<Field, string> = { username, password, version, secret_id: id, expires_at: timeOf(expiresAt) };
  return text.replace(PLACEHOLDER, (_, inner: string) => {
    const placeholder = parse(inner);
    if (placeholder === undefined) throw new TypeError('the template was not checked');
    return placeholder.filter(values[placeholder.field]);
  });
}

/** `2025-05-30T18:00:00Z`; empty for a secret without an end. */
export function timeOf(expiresAt: number | undefined): string {
  return expiresAt === undefined ? '' : new Date(Math.floor(expiresAt / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}
