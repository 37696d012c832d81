import { systemSchema } from '@axiom-runner/protocol';

/** One entry of `RUNNER_ALLOWED`: a system, and a permission when only that one is allowed. */
export interface AllowedEntry {
  /** `postgresql/db.example.com` */
  readonly system: string;
  readonly permission: string | undefined;
}

/**
 * Reads `<type>/<id>[:permission]`. An id may end with a port: a number behind its first colon belongs to it. Everything behind the next
 * colon is the permission, colons and slashes included: `roles/viewer`, an ARN.
 * @returns `undefined` when the text is no entry, or its system none that a task could name
 */
export function parseAllowedEntry(text: string): AllowedEntry | undefined {
  const { type, id, permission } = /^(?<type>[a-z0-9]+)\/(?<id>[^\s,:]+(?::\d+(?=:|$))?)(?::(?<permission>.+))?$/.exec(text)?.groups ?? {};
  if (type === undefined || id === undefined || !systemSchema.safeParse({ type, id }).success) return undefined;
  return { system: `${type}/${id}`, permission };
}
