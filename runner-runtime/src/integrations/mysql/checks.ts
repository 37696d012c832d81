import type { Check } from '@axiom-runner/protocol';
import { RunnerError } from '../../errors.js';
import { type Answer, declaredChecks, failed, named } from '../../integration-kit/check-answers.js';
import { accountId, sqlAccount } from './account.js';
import { type Access, type Session, withSession } from './connection.js';
import { declaration } from './declaration.js';
import { administers } from './eligibility.js';
import { asTargetError } from './errors.js';
import { accounts } from './grant-tables.js';
import { heldOn } from './held.js';
import { asPattern, OWN_PREFIX, quoted } from './identifiers.js';
import { mayKill, type OwnRights, ownRights, seesSessions, sessionControlGrant } from './own-rights.js';
import { SYSTEM_DATABASES } from './privileges.js';
import { isSupported, productName, type ServerFacts } from './server.js';
import { userDatabases } from './target.js';

/** Databases and roles that are judged one by one. */
const MOST_JUDGED = 200;

type Answers = Readonly<Record<string, Answer>>;

/** Runs the declared checks in their order; what depends on one that failed is skipped. */
export async function testConnection(access: Access): Promise<Check[]> {
  let answers: Answers;
  try {
    answers = await withSession(access, (session) => answer(access, session));
  } catch (error) {
    if (!(error instanceof RunnerError) || access.signal.aborted) throw error;
    answers = { connect: failed(error) };
  }
  return declaredChecks(declaration, answers);
}

async function answer(access: Access, session: Session): Promise<Answers> {
  const { host, port } = access.secret;
  const { facts } = session;
  const user = accountId(facts, facts);
  return {
    connect: { outcome: 'ok', detail: `Connected to ${host}:${port} as ${user}.` },
    tls: await tls(access, session),
    version: version(facts),
    ...(await ofCatalogue(session)),
  };
}

async function tls({ secret }: Access, session: Session): Promise<Answer> {
  const [state] = await session.query<{ Value: string }>("SHOW SESSION STATUS LIKE 'Ssl_version'");
  if (!state?.Value) {
    return {
      outcome: 'warning',
      detail: 'The connection is not encrypted: the server offers no TLS.',
      mend: 'Enable TLS on the server, then set ssl_mode of the secret to "true".',
    };
  }
  if (secret.verifyTls) return { outcome: 'ok', detail: `Encrypted with ${state.Value}, certificate verified.` };
  return {
    outcome: 'warning',
    detail: `Encrypted with ${state.Value}, but the server's certificate is not verified.`,
    mend: 'Set ssl_mode of the secret to "true", and ssl_ca where the certificate is of a private authority.',
  };
}

function version(facts: ServerFacts): Answer {
  if (!isSupported(facts)) {
    return { outcome: 'failed', detail: `${productName(facts)} is not supported.`, mend: 'Upgrade to MySQL 8.0.16 or MariaDB 10.11.' };
  }
  if (facts.readOnly) {
    return {
      outcome: 'failed',
      detail: 'The server is read-only: access can be read there, but not given.',
      mend: 'Use the endpoint of the primary as mysql_hostname of the secret.',
    };
  }
  return { outcome: 'ok', detail: `${productName(facts)}.` };
}

/** What the tables of accounts and grants tell. */
async function ofCatalogue(session: Session): Promise<Answers> {
  let own: OwnRights;
  try {
    own = await ownRights(session);
  } catch (error) {
    const failure = asTargetError(error);
    if (failure.code !== 'TARGET_PERMISSION_DENIED') throw error;
    const mend = `GRANT SELECT ON mysql.* TO ${sqlAccount(session.facts, session.facts)};`;
    const skipped: Answer = { outcome: 'skipped', detail: 'Needs the catalogue.' };
    return {
      catalogue: { outcome: 'permission_missing', detail: "The user can't read the tables of accounts and grants.", mend },
      ...Object.fromEntries(['create-user', 'sessions', 'grant-option', 'roles', 'databases', 'empty'].map((name) => [name, skipped])),
    };
  }
  const databases = await userDatabases(session);
  return {
    catalogue: { outcome: 'ok', detail: 'The user can read the tables of accounts and grants.' },
    'create-user': createUser(session.facts, own),
    sessions: sessions(session.facts, own),
    'grant-option': await grantOption(session, own, databases),
    roles: await roles(session, own),
    databases: seesDatabases(session.facts, own, databases),
    empty: await empty(session),
  };
}

function createUser(facts: ServerFacts, { global, account }: OwnRights): Answer {
  const user = sqlAccount(account, facts);
  if (!global.has('CREATE USER')) {
    return { outcome: 'permission_missing', detail: 'The user lacks CREATE USER.', mend: `GRANT CREATE USER ON *.* TO ${user};` };
  }
  if (global.has('SUPER') || global.has('SYSTEM_USER')) {
    return {
      outcome: 'warning',
      detail: 'The user is nearly a superuser, which is more than the runner needs.',
      mend: 'See docs/integrations/mysql.md.',
    };
  }
  if (facts.mariadb) {
    return {
      outcome: 'warning',
      detail: 'The user has CREATE USER, with which it could change any password: MariaDB has no accounts that are safe from that.',
      mend: 'Guard the secret accordingly.',
    };
  }
  if (global.has('ALLOW_NONEXISTENT_DEFINER') || global.has('SET_USER_ID')) return { outcome: 'ok', detail: 'The user has CREATE USER.' };
  return {
    outcome: 'warning',
    detail: 'The user has CREATE USER, but a temporary user that made code can only be locked, not dropped.',
    mend: `GRANT ALLOW_NONEXISTENT_DEFINER ON *.* TO ${user}; before MySQL 8.2 SET_USER_ID, which is nearly a superuser.`,
  };
}

function sessions(facts: ServerFacts, own: OwnRights): Answer {
  if (seesSessions(own) && mayKill(own))
    return { outcome: 'ok', detail: 'The user can see and end the sessions of the users that it makes.' };
  return {
    outcome: 'permission_missing',
    detail: "The user can't see or can't end the sessions of the users that it makes.",
    mend: sessionControlGrant(facts, own),
  };
}

async function grantOption(session: Session, own: OwnRights, databases: readonly string[]): Promise<Answer> {
  const closed: string[] = [];
  for (const database of databases.slice(0, MOST_JUDGED)) {
    const held = new Set((await heldOn(session, own.holders, { kind: 'database', database })).flatMap(({ privileges }) => privileges));
    if (!held.has('SELECT') || !held.has('GRANT OPTION')) closed.push(database);
  }
  const [first] = closed;
  if (first === undefined) return { outcome: 'ok', detail: 'The user may pass on at least SELECT on each database.' };
  const pattern = asPattern(first, session.facts.partialRevokes) ?? first;
  return {
    outcome: closed.length === databases.length ? 'permission_missing' : 'warning',
    detail: `The user may not pass on privileges on the whole of ${named(closed)}.`,
    mend: `GRANT SELECT, SHOW VIEW ON ${quoted(pattern)}.* TO ${sqlAccount(own.account, session.facts)} WITH GRANT OPTION;`,
  };
}

async function roles(session: Session, own: OwnRights): Promise<Answer> {
  const { facts } = session;
  const found = await session.query<{ user: string; host: string }>(
    `SELECT a.user, a.host FROM ${accounts(facts)} a WHERE a.role = 1 ORDER BY a.user, a.host LIMIT ${MOST_JUDGED}`,
  );
  const closed: { user: string; host: string }[] = [];
  for (const role of found) {
    if (role.user === 'PUBLIC' || role.user.startsWith(OWN_PREFIX) || own.global.has('ROLE_ADMIN')) continue;
    if (!(await administers(session, own, role))) closed.push(role);
  }
  const [first] = closed;
  if (first === undefined) return { outcome: 'ok', detail: 'The user may grant membership in every role.' };
  return {
    outcome: 'warning',
    detail: `Membership in ${named(closed.map((role) => accountId(role, facts)))} cannot be granted: the user has no ADMIN OPTION on it.`,
    mend: `GRANT ${sqlAccount(first, facts)} TO ${sqlAccount(own.account, facts)} WITH ADMIN OPTION;`,
  };
}

function seesDatabases(facts: ServerFacts, { global, account }: OwnRights, databases: readonly string[]): Answer {
  if (databases.length === 0) {
    return {
      outcome: 'empty',
      detail: "There is no database that is not the server's own.",
      mend: 'Check that the endpoint is the right one.',
    };
  }
  if (global.has('SHOW DATABASES')) return { outcome: 'ok', detail: `The user sees all ${databases.length} databases.` };
  return {
    outcome: 'warning',
    detail: `The user sees ${databases.length} databases, and perhaps not every one that exists.`,
    mend: `GRANT SHOW DATABASES ON *.* TO ${sqlAccount(account, facts)};`,
  };
}

async function empty(session: Session): Promise<Answer> {
  const [row] = await session.query<{ count: number }>(
    `SELECT COUNT(*) AS count FROM information_schema.TABLES WHERE LOWER(TABLE_SCHEMA) NOT IN (${SYSTEM_DATABASES.map(() => '?').join(', ')})`,
    SYSTEM_DATABASES,
  );
  const count = Number(row?.count ?? 0);
  if (count > 0) return { outcome: 'ok', detail: `The databases hold ${count} tables and views that the user sees.` };
  return { outcome: 'empty', detail: 'The user sees no table and no view.', mend: 'Check that the endpoint is the right one.' };
}
