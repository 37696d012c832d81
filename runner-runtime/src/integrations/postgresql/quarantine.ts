import type { Marks } from '../marks.js';
import type { Change } from './change.js';
import { literal, quoted } from './identifiers.js';
import { foreign, isPrivileged, type Role, readRole } from './roles.js';
import type { ServerFacts } from './server.js';
import type { Doomed } from './shut-out.js';

/** Owner of what removed users leave: logs in nowhere and is a member of nothing, so that a SECURITY DEFINER function runs with no rights. */
const QUARANTINE = 'axm_quarantine';

/** Makes sure of the quarantine: a role of that name that others have a hand in is not used, but one of this group's own. */
export async function ensureQuarantine(change: Change, facts: ServerFacts, marks: Marks, doomed: readonly Doomed[]): Promise<string> {
  const names = [QUARANTINE, `${QUARANTINE}_${marks.sharedName('quarantine').slice(4, 16)}`];
  for (const name of names) {
    const role = await readRole(change, facts, name);
    if (role === undefined) {
      await change.run(`CREATE ROLE ${quoted(name)} NOLOGIN`, `created role ${name}`);
      await change.run(`COMMENT ON ROLE ${quoted(name)} IS ${literal('axiom-runner: owns what removed users left behind')}`);
      return name;
    }
    if (isClean(role) && doomed.every(({ oid }) => oid !== role.oid)) return name;
  }
  throw foreign(QUARANTINE, 'The role that takes over what removed users own was made or changed by somebody else.');
}

function isClean(role: Role): boolean {
  const powerless = !role.login && !isPrivileged(role) && !role.createRole && !role.createDatabase;
  return powerless && role.administered && role.ours && role.memberOf.length === 0 && role.members.length === 0;
}
