import { type Principal, principalSchema, type System, systemSchema, type Target, targetSchema } from '@axiom-runner/protocol';
import { InvalidArgumentError } from 'commander';
import type { z } from 'zod';

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Parses `<type>/<id>`, e.g. `postgresql/db.example.com`. */
export function parseSystem(value: string): System {
  const slash = value.indexOf('/');
  return valid(
    systemSchema,
    { type: value.slice(0, Math.max(slash, 0)), id: value.slice(slash + 1) },
    'give <type>/<id>, e.g. postgresql/db.example.com',
  );
}

/** Parses `<kind>:<part>/<part>…`, outermost part first; a slash inside a part is written %2F. */
export function parseTarget(value: string): Target {
  const colon = value.indexOf(':');
  const mend = 'give <kind>:<part>/<part>, e.g. table:app/public/orders (a slash inside a part is %2F)';
  return valid(
    targetSchema,
    {
      kind: value.slice(0, Math.max(colon, 0)),
      path: value
        .slice(colon + 1)
        .split('/')
        .map((part) => decoded(part, mend)),
    },
    mend,
  );
}

/** Parses `<kind>:<id>`, e.g. `role:ada`. */
export function parsePrincipal(value: string): Principal {
  const colon = value.indexOf(':');
  return valid(
    principalSchema,
    { kind: value.slice(0, Math.max(colon, 0)), id: value.slice(colon + 1) },
    'give <kind>:<id>, e.g. role:ada or user:ada@example.com',
  );
}

/** Parses a whole number with one of s, m, h, d. @returns seconds */
export function parseDuration(value: string): number {
  const match = /^(\d{1,9})([smhd])$/.exec(value);
  const seconds = Number(match?.[1]) * (SECONDS[match?.[2] ?? ''] ?? Number.NaN);
  if (!Number.isSafeInteger(seconds) || seconds <= 0)
    throw new InvalidArgumentError('Give a whole number and one of s, m, h, d, e.g. 45m.');
  return seconds;
}

/** Parses the time of an end: `2030-01-31T18:00:00Z`. @returns unix seconds */
export function parseTime(value: string): number {
  const milliseconds = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})$/.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(milliseconds)) throw new InvalidArgumentError('Give a time with its zone, e.g. 2030-01-31T18:00:00Z.');
  return Math.floor(milliseconds / 1000);
}

/** `table:app/public/orders` */
export function targetName({ kind, path }: Target): string {
  return `${kind}:${path.map((part) => part.replaceAll('%', '%25').replaceAll('/', '%2F')).join('/')}`;
}

/** `role:ada` */
export function principalName({ kind, id }: Principal): string {
  return `${kind}:${id}`;
}

function valid<T>(schema: z.ZodType<T>, value: unknown, mend: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.map(String).join('.')} ${issue.message}`);
  throw new InvalidArgumentError(`${faults.join('; ')}. To mend: ${mend}.`);
}

function decoded(part: string, mend: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new InvalidArgumentError(`"${part}" holds a % that stands for nothing. To mend: ${mend}.`);
  }
}
