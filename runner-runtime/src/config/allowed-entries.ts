import { systemSchema } from '@axiom-runner/protocol';

/** One entry of `RUNNER_ALLOWED`: a system, and a permission when only that one is allowed. */
export interface AllowedEntry {
  /** `postgresql/db.example.com` */
  readonly system: string;
  readonly permission: string | undefined;
}

/**
 * Reads `<type>/<id>[:permission]`. An id may hold a port: what stands behind the last colon is a permission only if it is not a number.
 * @returns `undefined` when the text is no entry, or its system none that a task could name
 */
export function parseAllowedEntry(text: string): AllowedEntry | undefined {
  const match = /^([a-z0-9]+\/[^\s,]*?)(?::([^:/]+))?$/.exec(text);
  if (match?.[1] === undefined || match[1].endsWith('/')) return undefined;
  const [, system, tail] = match;
  const entry =
    tail !== undefined && /^\d+$/.test(tail) ? { system: `${system}:${tail}`, permission: undefined } : { system, permission: tail };
  const slash = entry.system.indexOf('/');
  const isSystem = systemSchema.safeParse({ type: entry.system.slice(0, slash), id: entry.system.slice(slash + 1) }).success;
  return isSystem ? entry : undefined;
}
