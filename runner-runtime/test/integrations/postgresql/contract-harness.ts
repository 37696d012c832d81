import { escapeIdentifier, escapeLiteral } from 'pg';
import { postgresql } from '../../../src/integrations/postgresql/integration.js';
import type { PostgresqlSecret } from '../../../src/integrations/postgresql/secret.js';
import type { PostgresqlState } from '../../../src/integrations/postgresql/state.js';
import type { ContractHarness, RunningSystem } from '../contract/contract.js';
import type { Wish } from '../runner-harness.js';
import { DatabaseServer, INTEGRATION_PASSWORD, type Major, PRINCIPAL_PASSWORD, SYSTEM } from './database-server.js';
import { HOSTILE_NAMES } from './hostile-names.js';

const UNRESOLVABLE = 'no-such-host.invalid';
type GrantedWish = Omit<Wish, 'principal'>;

async function start(major: Major): Promise<RunningSystem<PostgresqlState>> {
  const server = await DatabaseServer.start(major);
  const target = { kind: 'table', path: ['app', 'sales', 'orders'] };
  // Quoting is the same in all versions.
  const names = major === 18 ? HOSTILE_NAMES : HOSTILE_NAMES.slice(0, 3);
  const hostileTargets = names.map((name) => ({ kind: 'table', path: ['app', name, name] }));
  for (const { path } of hostileTargets) {
    const [, schema = '', table = ''] = path.map(escapeIdentifier);
    await server.admin('app', 'SET ROLE app_owner', `CREATE SCHEMA ${schema}`, `CREATE TABLE ${schema}.${table} (id int)`);
  }
  await server.admin('postgres', "CREATE ROLE powerless LOGIN PASSWORD 'powerless'", 'GRANT app_owner TO powerless');

  const read = ({ target }: GrantedWish) => `SELECT * FROM ${target.path.slice(1).map(escapeIdentifier).join('.')}`;
  return {
    system: SYSTEM,
    secret: server.secret(),
    canaries: [INTEGRATION_PASSWORD],
    wish: { target, permission: 'Read' },
    hostileTargets,
    hostilePrincipalNames: names,
    impossible: [
      { what: 'no database', wish: { target: { kind: 'database', path: ['nowhere'] } }, code: 'TARGET_NOT_FOUND' },
      { what: 'no schema', wish: { target: { kind: 'schema', path: ['app', 'nowhere'] } }, code: 'TARGET_NOT_FOUND' },
      { what: 'no table', wish: { target: { kind: 'table', path: ['app', 'sales', 'nothing'] } }, code: 'TARGET_NOT_FOUND' },
      {
        what: 'a view asked for as a table',
        wish: { target: { kind: 'table', path: ['app', 'sales', 'notes'] } },
        code: 'TARGET_NOT_FOUND',
      },
      { what: 'a path too short', wish: { target: { kind: 'table', path: ['app', 'orders'] } }, code: 'TARGET_NOT_FOUND' },
      {
        what: 'a name that the server would cut',
        wish: { target: { kind: 'schema', path: ['app', `${'x'.repeat(63)}y`] } },
        code: 'TARGET_NOT_FOUND',
      },
      { what: 'an unknown kind', wish: { target: { kind: 'project', path: ['app'] } }, code: 'UNSUPPORTED' },
      { what: "the server's own schema", wish: { target: { kind: 'schema', path: ['app', 'pg_catalog'] } }, code: 'UNSUPPORTED' },
      { what: 'no permission', wish: { permission: 'Everything' }, code: 'PERMISSION_NOT_FOUND' },
      { what: 'no principal', wish: { principal: { kind: 'role', id: 'nobody there' } }, code: 'PRINCIPAL_NOT_FOUND' },
      { what: 'a principal of another kind', wish: { principal: { kind: 'group', id: 'people' } }, code: 'UNSUPPORTED' },
    ],
    closed: [
      {
        what: 'wrong password',
        secret: server.secret({ postgresql_password: 'canary of a wrong password' }),
        code: 'TARGET_AUTH_FAILED',
        check: 'connect',
        outcome: 'authentication_failed',
      },
      {
        what: 'no such host',
        secret: server.secret({ postgresql_hostname: UNRESOLVABLE }),
        code: 'TARGET_UNREACHABLE',
        check: 'connect',
        outcome: 'unreachable',
      },
      {
        what: 'closed port',
        secret: server.secret({ postgresql_port: 1 }),
        code: 'TARGET_UNREACHABLE',
        check: 'connect',
        outcome: 'unreachable',
      },
      { what: 'no TLS', secret: server.secret({ ssl_mode: 'true' }), code: 'TARGET_UNREACHABLE', check: 'connect', outcome: 'unreachable' },
      {
        what: 'no CREATEROLE',
        secret: server.secret({ postgresql_username: 'powerless', postgresql_password: 'powerless' }),
        code: 'TARGET_PERMISSION_DENIED',
        check: 'create-role',
        outcome: 'permission_missing',
      },
    ],
    malformed: [
      {},
      'text',
      server.secret({ postgresql_hostname: '' }),
      server.secret({ postgresql_hostname: 'postgres://db.example.com/app' }),
      server.secret({ postgresql_hostname: '/var/run/postgresql' }),
      server.secret({ postgresql_password: undefined }),
      server.secret({ postgresql_port: '99999' }),
      server.secret({ ssl_mode: 'perhaps' }),
      server.secret({ ssl_ca: 'no certificate' }),
    ],
    newPrincipal: (name) => server.newPrincipal(name),
    hasAccess: (principal, wish) => server.may(principal.id, PRINCIPAL_PASSWORD, 'app', read(wish)),
    opens: ({ username = '', password = '', database = '' }, wish) => server.may(username, password, database, read(wish)),
    giveByHand: async ({ id }, { target }) => {
      const [, schema = '', table = ''] = target.path.map(escapeIdentifier);
      await server.admin(
        'app',
        `GRANT CONNECT ON DATABASE app TO ${escapeIdentifier(id)}`,
        `GRANT USAGE ON SCHEMA ${schema} TO ${escapeIdentifier(id)}`,
        `GRANT SELECT ON ${schema}.${table} TO ${escapeIdentifier(id)}`,
      );
    },
    removeByHand: async ({ state }) => {
      await server.admin('app', `DROP ROLE ${escapeIdentifier(state.role)}`);
    },
    occupy: async ({ state }, mark) => {
      await server.admin(
        'postgres',
        `CREATE ROLE ${escapeIdentifier(state.role)}`,
        `COMMENT ON ROLE ${escapeIdentifier(state.role)} IS ${escapeLiteral(mark)}`,
      );
    },
    vacate: async ({ state }) => {
      await server.admin('postgres', `DROP ROLE ${escapeIdentifier(state.role)}`);
    },
    nativeExpiry: async ({ state }) => {
      const [role] = await server.admin(
        'postgres',
        `SELECT extract(epoch FROM rolvaliduntil)::int AS until FROM pg_roles WHERE rolname = ${escapeLiteral(state.role)}`,
      );
      return typeof role?.['until'] === 'number' ? role['until'] : undefined;
    },
    leftovers: () => server.ownRoles(),
    stop: () => server.stop(),
  };
}

/** PostgreSQL as one of the systems of the shared contract. */
export function contractHarness(major: Major): ContractHarness<PostgresqlSecret, PostgresqlState> {
  return { integration: postgresql, start: () => start(major) };
}
