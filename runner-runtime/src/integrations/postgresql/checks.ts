import type { Check } from '@axiom-runner/protocol';
import { RunnerError } from '../../errors.js';
import { type Answer, declaredChecks, failed, named } from '../../integration-kit/check-answers.js';
import { type Access, type Session, withSession } from './connection.js';
import { declaration } from './declaration.js';
import { quoted } from './identifiers.js';
import { type ServerFacts, serverFacts } from './server.js';

/** PostgreSQL 13. */
const OLDEST = 130_000;
/** Databases that are entered; the rest are judged by their ACL. */
const MAX_ENTERED = 50;

/** Runs the declared checks in their order; what depends on a failed connection is skipped. */
export async function testConnection(access: Access): Promise<Check[]> {
  let answers: Readonly<Record<string, Answer>>;
  try {
    answers = await withSession(access, undefined, (session) => answer(access, session));
  } catch (error) {
    if (!(error instanceof RunnerError) || access.signal.aborted) throw error;
    answers = { connect: failed(error) };
  }
  return declaredChecks(declaration, answers);
}

async function answer(access: Access, session: Session): Promise<Readonly<Record<string, Answer>>> {
  const facts = await serverFacts(session);
  const contents = await lookIntoDatabases(access, session, facts);
  return {
    connect: { outcome: 'ok', detail: `Connected to ${access.secret.host}:${access.secret.port} as ${facts.user}.` },
    tls: await tls(access, session),
    version: version(facts),
    'create-role': createRole(facts),
    'admin-option': await adminOption(session, facts),
    'terminate-sessions': terminateSessions(facts),
    ...contents,
  };
}

async function tls({ secret }: Access, session: Session): Promise<Answer> {
  const [state] = await session.query<{ ssl: boolean; version: string | null }>(
    'SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
  );
  if (!state?.ssl) {
    return {
      outcome: 'warning',
      detail: 'The connection is not encrypted: the server offers no TLS.',
      mend: 'Enable ssl on the server, then set ssl_mode of the secret to "true".',
    };
  }
  if (secret.verifyTls) return { outcome: 'ok', detail: `Encrypted with ${state.version}, certificate verified.` };
  return {
    outcome: 'warning',
    detail: `Encrypted with ${state.version}, but the server's certificate is not verified.`,
    mend: 'Set ssl_mode of the secret to "true", and ssl_ca where the certificate is of a private authority.',
  };
}

function version({ version, versionText, standby, boundedCreateRole }: ServerFacts): Answer {
  if (version < OLDEST)
    return { outcome: 'failed', detail: `PostgreSQL ${versionText} is not supported.`, mend: 'Upgrade to PostgreSQL 13 or later.' };
  if (standby) {
    return {
      outcome: 'failed',
      detail: 'The server is a standby: access can be read there, but not given.',
      mend: 'Use the endpoint of the primary as postgresql_hostname of the secret.',
    };
  }
  if (boundedCreateRole) return { outcome: 'ok', detail: `PostgreSQL ${versionText}.` };
  return {
    outcome: 'warning',
    detail: `PostgreSQL ${versionText}: before version 16 a user with CREATEROLE is nearly a superuser.`,
    mend: 'Guard the secret accordingly, or upgrade to PostgreSQL 16 or later.',
  };
}

function createRole({ superuser, createRole, user }: ServerFacts): Answer {
  if (superuser) {
    return {
      outcome: 'warning',
      detail: 'The user is a superuser, which is more than the runner needs.',
      mend: 'See docs/integrations/postgresql.md.',
    };
  }
  if (createRole) return { outcome: 'ok', detail: 'The user has CREATEROLE.' };
  return { outcome: 'permission_missing', detail: 'The user lacks CREATEROLE.', mend: `ALTER ROLE ${quoted(user)} CREATEROLE;` };
}

async function adminOption(session: Session, facts: ServerFacts): Promise<Answer> {
  if (!facts.createRole) return { outcome: 'skipped', detail: 'Needs CREATEROLE.' };
  if (!facts.boundedCreateRole || facts.superuser) return { outcome: 'ok', detail: 'The user may grant membership in every role.' };
  const rows = await session.query<{ name: string }>(
    `SELECT rolname::text AS name FROM pg_roles
      WHERE rolname !~ '^(pg|axm)_' AND NOT rolcanlogin AND NOT rolsuper AND rolname <> current_user
        AND NOT pg_has_role(oid, 'MEMBER WITH ADMIN OPTION') ORDER BY rolname`,
  );
  const [first] = rows;
  if (first === undefined) return { outcome: 'ok', detail: 'The user has ADMIN OPTION on every group role.' };
  return {
    outcome: 'warning',
    detail: `Membership in ${named(rows.map(({ name }) => name))} cannot be granted: the user has no ADMIN OPTION on it.`,
    mend: `GRANT ${quoted(first.name)} TO ${quoted(facts.user)} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;`,
  };
}

/** `pg_signal_backend` is not needed: whoever makes a user can become a member of it, and members may end its sessions. */
function terminateSessions({ createRole }: ServerFacts): Answer {
  if (createRole) return { outcome: 'ok', detail: 'The user can end the sessions of the users that it makes, as a member of them.' };
  return {
    outcome: 'permission_missing',
    detail: 'Only with CREATEROLE can the user become a member of the users that it makes.',
    mend: 'See create-role.',
  };
}

/** Enters the databases one by one: whether that works, and whether they hold anything. */
async function lookIntoDatabases(
  access: Access,
  session: Session,
  facts: ServerFacts,
): Promise<Readonly<Record<'databases' | 'empty', Answer>>> {
  const all = await session.query<{ name: string; connectable: boolean }>(
    `SELECT datname::text AS name, has_database_privilege(oid, 'CONNECT') AS connectable
       FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY datname`,
  );
  const closed = all.filter(({ connectable }) => !connectable).map(({ name }) => name);
  const open = all.filter(({ connectable }) => connectable).map(({ name }) => name);
  let relations = 0;
  for (const name of open.slice(0, MAX_ENTERED)) {
    try {
      relations += name === session.database ? await countRelations(session) : await withSession(access, name, countRelations);
    } catch (error) {
      if (access.signal.aborted) throw error;
      closed.push(name);
    }
  }
  return { databases: databases(all.length, closed, facts), empty: empty(relations, open.length) };
}

function databases(total: number, closed: readonly string[], { user }: ServerFacts): Answer {
  const [first] = closed;
  if (total === 0)
    return { outcome: 'empty', detail: 'There is no database besides the templates.', mend: 'Check that the endpoint is the right one.' };
  if (first === undefined) return { outcome: 'ok', detail: `The user can connect to all ${total} databases.` };
  return {
    outcome: closed.length === total ? 'permission_missing' : 'warning',
    detail: `The user cannot connect to ${named(closed)} of ${total} databases.`,
    mend: `GRANT CONNECT ON DATABASE ${quoted(first)} TO ${quoted(user)} WITH GRANT OPTION; and check pg_hba.conf.`,
  };
}

function empty(relations: number, open: number): Answer {
  if (relations > 0)
    return { outcome: 'ok', detail: `The databases hold ${relations} tables and views${open > MAX_ENTERED ? ' or more' : ''}.` };
  return { outcome: 'empty', detail: 'The databases hold no table and no view.', mend: 'Check that the endpoint is the right one.' };
}

async function countRelations(session: Session): Promise<number> {
  const [row] = await session.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`,
  );
  return row?.count ?? 0;
}
