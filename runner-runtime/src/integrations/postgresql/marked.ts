import type { MarkedObject } from '../integration.js';
import type { Intent } from '../intent.js';
import type { Mark } from '../marks.js';
import { type Access, type Session, withSession } from './connection.js';
import { markOf, type Role, readRole } from './roles.js';
import type { ServerFacts } from './server.js';
import { type PostgresqlState, stateSchema } from './state.js';

/** Every role whose comment has the form of a mark, whatever its name is by now. */
const MARKED = `
  SELECT r.rolname::text AS object, d.description AS mark
    FROM pg_shdescription d JOIN pg_roles r ON r.oid = d.objoid
   WHERE d.classoid = 'pg_authid'::regclass AND d.description ~ '^(active|revoked)[.]' ORDER BY r.rolname`;

/** Every role with a mark, without those that only carry a copy of the mark of another. */
export async function listMarked(access: Access): Promise<MarkedObject[]> {
  const found = await withSession(access, undefined, (session) => session.query<MarkedObject>(MARKED));
  const read = await Promise.all(found.map(async (one) => ({ ...one, meant: roleOf(await access.marks.read(one.mark)) })));
  const atHome = new Set(read.filter(({ object, meant }) => object === meant).map(({ object }) => object));
  return read
    .filter(({ object, meant }) => meant === undefined || meant === object || !atHome.has(meant))
    .map(({ object, mark }) => ({ object, mark }));
}

/** The role of an access, and whether it is that for sure. */
export interface Found {
  readonly role: Role;
  /** Whether it is the runner's: a role of the name may have been made by somebody else. */
  readonly own: boolean;
  readonly marked: boolean;
}

/** Finds the role of an access by its name, or, where somebody renamed it, by its mark. */
export async function findAccess(
  access: Access,
  session: Session,
  facts: ServerFacts,
  intent: Intent<PostgresqlState>,
): Promise<Found | undefined> {
  const named = await readRole(session, facts, intent.state.role);
  if (named !== undefined) {
    const marked = (await markOf(named, intent, access.marks)) !== undefined;
    if (marked || isRecognised(named, intent)) return { role: named, own: true, marked };
  }
  const renamed = await findRenamed(access, session, facts, intent);
  if (renamed !== undefined) return { role: renamed, own: true, marked: true };
  return named === undefined ? undefined : { role: named, own: false, marked: false };
}

/** A mark can be copied, so a role of another name must show by more that it is the access. */
async function findRenamed(
  access: Access,
  session: Session,
  facts: ServerFacts,
  intent: Intent<PostgresqlState>,
): Promise<Role | undefined> {
  for (const { object, mark: text } of await session.query<MarkedObject>(MARKED)) {
    if (object === intent.state.role) continue;
    const mark = await access.marks.read(text);
    if (mark?.intent.requestId !== intent.requestId || roleOf(mark) !== intent.state.role) continue;
    const role = await readRole(session, facts, object);
    if (role !== undefined && isRecognised(role, intent)) return role;
  }
  return undefined;
}

/** Ours even without its mark: we made it, it has our holder, or it makes nobody but the principal a member of the target. */
function isRecognised(role: Role, { state, principal }: Intent<PostgresqlState>): boolean {
  if (role.madeByUs) return true;
  return role.memberOf.includes(state.memberOf) && (state.holder || role.members.every((member) => member === principal.id));
}

function roleOf(mark: Mark | undefined): string | undefined {
  return stateSchema.safeParse(mark?.intent.state).data?.role;
}
