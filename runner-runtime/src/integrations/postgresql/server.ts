import { RunnerError } from '../../errors.js';
import type { Session } from './connection.js';
import { quoted } from './identifiers.js';

/** From this version on, CREATEROLE is bounded by ADMIN OPTION and a membership says itself whether it inherits. */
const BOUNDED_CREATEROLE = 160_000;

/** What the server is, and what the runner's user may do there. */
export interface ServerFacts {
  /** `server_version_num`: 180004 */
  readonly version: number;
  /** `18.4` */
  readonly versionText: string;
  readonly user: string;
  readonly userOid: number;
  readonly superuser: boolean;
  readonly createRole: boolean;
  readonly standby: boolean;
  /** PostgreSQL 16 or later. */
  readonly boundedCreateRole: boolean;
}

export async function serverFacts(session: Session): Promise<ServerFacts> {
  const [facts] = await session.query<Omit<ServerFacts, 'boundedCreateRole'>>(
    `SELECT current_setting('server_version_num')::int AS version, split_part(current_setting('server_version'), ' ', 1) AS "versionText",
            current_user::text AS user, r.oid AS "userOid", r.rolsuper AS superuser,
            r.rolcreaterole OR r.rolsuper AS "createRole", pg_is_in_recovery() AS standby
       FROM pg_roles r WHERE r.rolname = current_user`,
  );
  if (facts === undefined) throw new RunnerError('INTERNAL', "PostgreSQL does not know the runner's own user.");
  return { ...facts, boundedCreateRole: facts.version >= BOUNDED_CREATEROLE };
}

/** @throws {RunnerError} `TARGET_PERMISSION_DENIED` where the runner's user can't make roles, `TARGET_UNREACHABLE` on a standby */
export function requireRoleMaker(facts: ServerFacts): void {
  if (facts.standby) {
    throw new RunnerError('TARGET_UNREACHABLE', 'The server is a standby: nothing can be changed there.', {
      mend: 'Use the endpoint of the primary as postgresql_hostname of the secret.',
    });
  }
  if (!facts.createRole) {
    throw new RunnerError('TARGET_PERMISSION_DENIED', "The runner's user may not create roles.", {
      object: facts.user,
      mend: `ALTER ROLE ${quoted(facts.user)} CREATEROLE;`,
    });
  }
}

/** `GRANT a TO b`, with the options that PostgreSQL 16 and later write into the membership itself. */
export function grantMembership(facts: ServerFacts, role: string, member: string, options: { readonly set: boolean }): string {
  const how = facts.boundedCreateRole ? ` WITH INHERIT TRUE, SET ${options.set ? 'TRUE' : 'FALSE'}` : '';
  return `GRANT ${quoted(role)} TO ${quoted(member)}${how}`;
}
