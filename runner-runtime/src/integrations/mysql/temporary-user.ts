import type { AccessWay } from '../../integration-kit/access-way.js';
import { isLevel } from '../../integration-kit/database/vocabulary.js';
import { type ObjectKind, objectLife } from '../../integration-kit/objects/object-life.js';
import type { Intent } from '../intent.js';
import { accountsNamed, sqlAccount } from './account.js';
import { type Access, type Session, withSession } from './connection.js';
import { requireGrantableRole } from './eligibility.js';
import { identifiedBy, newLogin } from './login.js';
import { ownRights, requireGrantable, requireSessionControl, requireUserMaker } from './own-rights.js';
import { privilegesOf } from './privileges.js';
import { proveGone, removeUser, TEMPORARY_HOST } from './removal.js';
import type { MysqlSecret } from './secret.js';
import type { UserState } from './state.js';
import { dataTarget, requireTarget, sqlObject, userDatabases } from './target.js';

const MOST_CONNECTIONS = 10;

const temporaryUser: ObjectKind<MysqlSecret, UserState> = {
  exists: (access, { state }) => withSession(access, async (session) => (await accountsNamed(session, state.object)).length > 0),

  make: (access, intent) =>
    withSession(access, async (session) => {
      const password = newLogin();
      const actions: string[] = [];
      await makeUser(access, session, intent, password, actions);
      await giveAccess(session, intent, actions);
      return { actions, credential: credential(access, intent, password) };
    }),

  // The server has no expiry to move.
  extend: async () => undefined,

  remove: (access, intent) => withSession(access, (session) => removeUser(access, session, intent)),
  prove: (access, intent) => withSession(access, (session) => proveGone(access, session, intent)),
};

/** A user that is made for one access. */
export const temporaryUserWay: AccessWay<MysqlSecret, UserState> = {
  ...objectLife(temporaryUser),
  plan: (access, { requestId, target: wanted, permission }) =>
    withSession(access, async (session) => {
      const own = await ownRights(session);
      requireUserMaker(session, own);
      requireSessionControl(session, own);
      const object = access.marks.name(requestId, 'user');
      const principal = { kind: 'user', id: object };
      if (!isLevel(permission)) {
        const { user, host } = await requireGrantableRole(session, own, wanted.path[0] ?? '', undefined);
        return { principal, state: { way: 'user', object, role: { user, host } } };
      }
      const target = dataTarget(wanted);
      await requireTarget(session, target);
      for (const database of await databasesOf(session, target.database)) {
        sqlObject(session.facts, database, target.relation);
        await requireGrantable(session, own, { ...target, database }, privilegesOf(permission, target.kind));
      }
      return { principal, state: { way: 'user', object } };
    }),
};

/** The databases on which privileges are given: for the whole server each, since privileges on all would open the server's own ones too. */
async function databasesOf(session: Session, database: string | undefined): Promise<readonly string[]> {
  return database === undefined ? userDatabases(session) : [database];
}

async function makeUser(
  { secret }: Access,
  session: Session,
  { state }: Intent<UserState>,
  password: string,
  actions: string[],
): Promise<void> {
  const isThere = (await accountsNamed(session, state.object)).some(({ host }) => host === TEMPORARY_HOST);
  const account = sqlAccount({ user: state.object, host: TEMPORARY_HOST }, session.facts);
  const tls = secret.verifyTls ? 'SSL' : 'NONE';
  await session.change(
    `${isThere ? 'ALTER' : 'CREATE'} USER ${account} ${identifiedBy(session, password)} REQUIRE ${tls} WITH MAX_USER_CONNECTIONS ${MOST_CONNECTIONS}`,
  );
  actions.push(isThere ? `gave user ${state.object} a new password` : `created user ${state.object}`);
}

async function giveAccess(session: Session, { state, target: wanted, permission }: Intent<UserState>, actions: string[]): Promise<void> {
  const { facts } = session;
  const account = sqlAccount({ user: state.object, host: TEMPORARY_HOST }, facts);
  if (state.role !== undefined) {
    const role = sqlAccount(state.role, facts);
    await session.change(`GRANT ${role} TO ${account}`);
    // In MariaDB only who may write the catalogue of accounts can switch a role on for somebody else.
    if (!facts.mariadb) await session.change(`ALTER USER ${account} DEFAULT ROLE ${role}`);
    actions.push(`granted role ${state.role.user}`);
    return;
  }
  if (!isLevel(permission)) throw new TypeError('not an access of this way');
  const { kind, database: only, relation } = dataTarget(wanted);
  for (const database of await databasesOf(session, only)) {
    await session.change(`GRANT ${privilegesOf(permission, kind).join(', ')} ON ${sqlObject(facts, database, relation)} TO ${account}`);
    actions.push(`granted ${permission} on ${[database, relation].filter((name) => name !== undefined).join('.')}`);
  }
}

function credential({ secret }: Access, { state, target }: Intent<UserState>, password: string): Record<string, string> {
  const [database] = target.path;
  return {
    hostname: secret.host,
    port: String(secret.port),
    username: state.object,
    password,
    ...(state.role !== undefined ? { role: state.role.user } : target.kind !== 'server' && database !== undefined && { database }),
  };
}
