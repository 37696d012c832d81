/** One entry of `RUNNER_ALLOWED`: a system, and a permission when only that one is allowed. */
export interface AllowedEntry {
  /** `postgresql/db.example.com` */
  readonly system: string;
  readonly permission: string | undefined;
}

/**
 * Reads `<type>/<id>[:permission]`. An id may hold a port: what stands behind the last colon is a permission only if it is not a number.
 * @returns `undefined` when the text is no entry
 */
export function parseAllowedEntry(text: string): AllowedEntry | undefined {
  const match = /^([a-z0-9]+\/[^\s,]*?)(?::([^:/]+))?$/.exec(text);
  if (match?.[1] === undefined || match[1].endsWith('/')) return undefined;
  const [, system, tail] = match;
  return tail !== undefined && /^\d+$/.test(tail) ? { system: `${system}:${tail}`, permission: undefined } : { system, permission: tail };
}
