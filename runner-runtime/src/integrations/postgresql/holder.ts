import type { Change } from './change.js';
import { literal, quoted } from './identifiers.js';
import { revocations } from './rights.js';
import { foreign, isPrivileged, type Role, readRole } from './roles.js';
import { grantMembership, type ServerFacts } from './server.js';

/** Names that runners make: the members that a holder may have. */
const ACCESS_NAME = /^axm_[a-z2-7]{24}$/;

/** Makes sure of the role that holds the rights of one permission on one target, so that grants don't fill the ACLs. */
export async function ensureHolder(change: Change, facts: ServerFacts, name: string, purpose: string): Promise<void> {
  const role = await readRole(change, facts, name);
  if (role !== undefined) {
    requireHolder(role);
    return;
  }
  await change.run(`CREATE ROLE ${quoted(name)} NOLOGIN`, `created role ${name}, which holds ${purpose}`);
  await change.run(`COMMENT ON ROLE ${quoted(name)} IS ${literal(`axiom-runner: holds ${purpose}`)}`);
}

/** @throws {RunnerError} `CONFLICT` where somebody else has a hand in the role that holds the rights */
export function requireHolder(role: Role): void {
  if (!isHolder(role)) throw foreign(role.name, 'The role that holds the rights was made or changed by somebody else.');
}

/** Names stop being secret with their first use, so an existing role is a holder only if nobody else has a hand in it. */
function isHolder(role: Role): boolean {
  return (
    role.administered &&
    role.ours &&
    !role.login &&
    !isPrivileged(role) &&
    !role.createRole &&
    !role.createDatabase &&
    role.memberOf.length === 0 &&
    role.members.every((member) => ACCESS_NAME.test(member))
  );
}

/**
 * Drops a holder that has no member any more. It gives nobody anything then, so a failure is only worth a warning.
 * @returns what a person should know
 */
export async function dropIdleHolder(change: Change, facts: ServerFacts, name: string): Promise<string[]> {
  const role = await readRole(change, facts, name);
  if (role === undefined || role.members.length > 0 || role.login) return [];
  const failure = await change.attempt([
    grantMembership(facts, name, facts.user, { set: true }),
    ...(await revocations(change, name)),
    `DROP OWNED BY ${quoted(name)}`,
    `DROP ROLE ${quoted(name)}`,
  ]);
  if (failure !== undefined) {
    return [
      `${name} could not be dropped: others granted it rights, or they are in another database. It has no members, so nobody has them through it.`,
    ];
  }
  change.actions.push(`dropped ${name}, which nobody needs any more`);
  return [];
}
