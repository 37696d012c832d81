import { escapeId, escape as literal } from 'mysql2';
import { mysql } from '../../../src/integrations/mysql/integration.js';
import type { MysqlSecret } from '../../../src/integrations/mysql/secret.js';
import type { MysqlState } from '../../../src/integrations/mysql/state.js';
import type { ContractHarness, RunningSystem } from '../contract/contract.js';
import type { Wish } from '../runner-harness.js';
import { DatabaseServer, type Flavour, INTEGRATION_PASSWORD, nameOf, PRINCIPAL_PASSWORD, SYSTEM } from './database-server.js';
import { HOSTILE_NAMES } from './hostile-names.js';

type GrantedWish = Omit<Wish, 'principal'>;

const UNRESOLVABLE = 'no-such-host.invalid';
/** MySQL's limit; MariaDB takes more. */
const LONGEST_USER = 32;
const LEVELS = ['Read', 'Read & Write', 'Admin'];
const TARGETS = [
  { kind: 'database', path: ['app'] },
  { kind: 'table', path: ['app', 'orders'] },
  { kind: 'view', path: ['app', 'notes'] },
];
const SERVER = { kind: 'server', path: ['*'] };
const ROLE_WISH = { target: { kind: 'role', path: ['analysts'] }, permission: 'Member' };

/** Statements that only a permission lets through. */
function uses({ target, permission }: GrantedWish): string[] {
  if (permission === 'Member') return ["SET ROLE 'analysts'", 'SELECT id FROM app.reports'];
  const [database = '', relation] = target.kind === 'server' ? ['app'] : target.path;
  const table = [database, relation ?? 'orders'].map((name) => escapeId(name, true)).join('.');
  if (permission === 'Read') return [`SELECT * FROM ${table}`];
  if (permission === 'Read & Write') return [`INSERT INTO ${table} (note) VALUES ('written')`];
  if (target.kind === 'table') return [`ALTER TABLE ${table} COMMENT 'altered'`];
  if (target.kind === 'view') return ['CREATE OR REPLACE SQL SECURITY INVOKER VIEW app.sketch AS SELECT 1 AS id'];
  return ['CREATE TABLE app.designed (id int)', 'DROP TABLE app.designed'];
}

async function start(flavour: Flavour): Promise<RunningSystem<MysqlState>> {
  const server = await DatabaseServer.start(flavour);
  const target = { kind: 'table', path: ['app', 'orders'] };
  const hostileTargets = HOSTILE_NAMES.map((name) => ({ kind: 'table', path: [name, name] }));
  for (const { path } of hostileTargets) {
    await server.newDatabase(path[0] ?? '');
    await server.admin(`CREATE TABLE ${path.map((name) => escapeId(name, true)).join('.')} (id int)`);
  }
  await server.admin(
    "CREATE USER powerless IDENTIFIED BY 'powerless'",
    'GRANT SELECT ON mysql.* TO powerless',
    "CREATE USER blind IDENTIFIED BY 'blind'",
    'CREATE TABLE app.reports (id int)',
    "CREATE ROLE 'analysts'",
    "GRANT SELECT ON app.reports TO 'analysts'",
    "GRANT 'analysts' TO axiom_runner@'%' WITH ADMIN OPTION",
  );

  return {
    system: SYSTEM,
    secret: server.secret(),
    canaries: [INTEGRATION_PASSWORD],
    wish: { target, permission: 'Read' },
    everyWish: [
      ...LEVELS.flatMap((permission) => [
        ...TARGETS.map((one) => (permission === 'Admin' && one.kind === 'view' ? { kind: 'view', path: ['app', 'sketch'] } : one)).flatMap(
          (one) => [
            { target: one, permission },
            { target: one, permission, dispense: true },
          ],
        ),
        { target: SERVER, permission, dispense: true },
      ]),
      ROLE_WISH,
      { ...ROLE_WISH, dispense: true },
    ],
    hostileTargets,
    hostilePrincipalNames: HOSTILE_NAMES.map((name) => (flavour === 'mysql' ? name.slice(0, LONGEST_USER) : name)),
    impossible: [
      { what: 'no database', wish: { target: { kind: 'database', path: ['nowhere'] } }, code: 'TARGET_NOT_FOUND' },
      { what: 'no table', wish: { target: { kind: 'table', path: ['app', 'nothing'] } }, code: 'TARGET_NOT_FOUND' },
      { what: 'a view asked for as a table', wish: { target: { kind: 'table', path: ['app', 'notes'] } }, code: 'TARGET_NOT_FOUND' },
      { what: 'a table in other letters', wish: { target: { kind: 'table', path: ['app', 'ORDERS'] } }, code: 'TARGET_NOT_FOUND' },
      { what: 'a path too short', wish: { target: { kind: 'table', path: ['orders'] } }, code: 'TARGET_NOT_FOUND' },
      { what: 'a name too long', wish: { target: { kind: 'table', path: ['app', 'x'.repeat(65)] } }, code: 'TARGET_NOT_FOUND' },
      { what: 'another server', wish: { target: { kind: 'server', path: ['other'] } }, code: 'TARGET_NOT_FOUND' },
      { what: 'no role', wish: { target: { kind: 'role', path: ['nothing'] }, permission: 'Member' }, code: 'TARGET_NOT_FOUND' },
      { what: 'an unknown kind', wish: { target: { kind: 'schema', path: ['app'] } }, code: 'UNSUPPORTED' },
      { what: "the server's own database", wish: { target: { kind: 'database', path: ['mysql'] } }, code: 'UNSUPPORTED' },
      { what: 'the whole server for an existing user', wish: { target: SERVER }, code: 'UNSUPPORTED' },
      { what: 'no permission', wish: { permission: 'Everything' }, code: 'PERMISSION_NOT_FOUND' },
      { what: 'no principal', wish: { principal: { kind: 'user', id: 'nobody there' } }, code: 'PRINCIPAL_NOT_FOUND' },
      {
        what: 'a principal with another host',
        wish: { principal: { kind: 'user', id: 'powerless@10.0.0.1' } },
        code: 'PRINCIPAL_NOT_FOUND',
      },
      { what: 'a principal of another kind', wish: { principal: { kind: 'group', id: 'people' } }, code: 'UNSUPPORTED' },
      { what: "the runner's own user", wish: { principal: { kind: 'user', id: 'axiom_runner' } }, code: 'UNSUPPORTED' },
      { what: 'an administrator', wish: { principal: { kind: 'user', id: 'admin@%' } }, code: 'UNSUPPORTED' },
    ],
    closed: [
      {
        what: 'wrong password',
        secret: server.secret({ mysql_password: 'canary of a wrong password' }),
        code: 'TARGET_AUTH_FAILED',
        check: 'connect',
        outcome: 'authentication_failed',
      },
      {
        what: 'no such host',
        secret: server.secret({ mysql_hostname: UNRESOLVABLE }),
        code: 'TARGET_UNREACHABLE',
        check: 'connect',
        outcome: 'unreachable',
      },
      {
        what: 'closed port',
        secret: server.secret({ mysql_port: 1 }),
        code: 'TARGET_UNREACHABLE',
        check: 'connect',
        outcome: 'unreachable',
      },
      {
        what: 'no trust',
        secret: server.secret({ ssl_mode: 'true' }),
        code: 'TARGET_UNREACHABLE',
        check: 'connect',
        outcome: 'unreachable',
      },
      {
        what: 'no catalogue',
        secret: server.secret({ mysql_username: 'blind', mysql_password: 'blind' }),
        code: 'TARGET_PERMISSION_DENIED',
        check: 'catalogue',
        outcome: 'permission_missing',
      },
      {
        what: 'no CREATE USER',
        secret: server.secret({ mysql_username: 'powerless', mysql_password: 'powerless' }),
        code: 'TARGET_PERMISSION_DENIED',
        check: 'create-user',
        outcome: 'permission_missing',
      },
    ],
    malformed: [
      {},
      'text',
      server.secret({ mysql_hostname: '' }),
      server.secret({ mysql_hostname: 'mysql://db.example.com/app' }),
      server.secret({ mysql_hostname: '/run/mysqld/mysqld.sock' }),
      server.secret({ mysql_password: undefined }),
      server.secret({ mysql_port: '99999' }),
      server.secret({ ssl_mode: 'perhaps' }),
      server.secret({ ssl_ca: 'no certificate' }),
    ],
    newPrincipal: (name) => server.newPrincipal(name),
    hasAccess: (principal, wish) => server.may(nameOf(principal), PRINCIPAL_PASSWORD, ...uses(wish)),
    opens: ({ username = '', password = '' }, wish) => server.may(username, password, ...uses(wish)),
    giveByHand: async (principal, { target: { path } }) => {
      await server.admin(`GRANT SELECT ON ${path.map((name) => escapeId(name, true)).join('.')} TO ${literal(nameOf(principal))}@'%'`);
    },
    giveOtherwiseByHand: async (principal, wish) => {
      await server.admin(`GRANT INSERT ON app.orders TO ${literal(nameOf(principal))}@'%'`);
      return { ...wish, permission: 'Read & Write' };
    },
    removeByHand: async ({ principal }) => {
      await server.admin(`REVOKE SELECT ON app.orders FROM ${literal(nameOf(principal))}@'%'`);
    },
    nativeExpiry: async () => undefined,
    leftovers: () => server.ownAccounts(),
    stop: () => server.stop(),
  };
}

/** MySQL or MariaDB as one of the systems of the shared contract. */
export function contractHarness(flavour: Flavour): ContractHarness<MysqlSecret, MysqlState> {
  return { integration: mysql, start: () => start(flavour) };
}
