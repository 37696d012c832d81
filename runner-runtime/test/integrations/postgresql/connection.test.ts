import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { verifiedTls } from '../../../src/integration-kit/database/tls.js';
import type { EffectGate } from '../../../src/integrations/integration.js';
import { withSession } from '../../../src/integrations/postgresql/connection.js';
import { postgresql } from '../../../src/integrations/postgresql/integration.js';
import { type PostgresqlSecret, secretSchema } from '../../../src/integrations/postgresql/secret.js';
import type { PostgresqlState } from '../../../src/integrations/postgresql/state.js';
import { RunnerHarness } from '../runner-harness.js';
import { DatabaseServer, INTEGRATION_USER, SYSTEM } from './database-server.js';

const TABLE_READ = { target: { kind: 'table', path: ['app', 'sales', 'orders'] }, permission: 'Read' };
/** Longer than the server lets a transaction idle. */
const PAUSE_MS = 4_500;

/** A runner that is paused before its n-th effect, as by a stopped virtual machine. */
class PausingGate implements EffectGate {
  #effects = 0;
  constructor(private readonly at: number) {}
  check(): void {
    this.#effects += 1;
    if (this.#effects === this.at) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
  }
}

describe('connection to PostgreSQL', () => {
  jest.setTimeout(60_000);
  let plain: DatabaseServer;
  let encrypted: DatabaseServer;
  let ca: string;
  let runner: RunnerHarness<PostgresqlSecret, PostgresqlState>;

  beforeAll(async () => {
    plain = await DatabaseServer.start(18);
    encrypted = await DatabaseServer.start(18, {}, true);
    ca = await readFile(encrypted.server.caFile ?? '', 'utf8');
    runner = new RunnerHarness(postgresql, SYSTEM, plain.secret());
  });
  afterAll(async () => {
    await plain?.stop();
    await encrypted?.stop();
  });

  const check = async (name: string, secret: Record<string, unknown>) =>
    (await runner.testConnection({ secret })).find((entry) => entry.name === name);

  it('prefers TLS, falls back to none, and says which', async () => {
    expect(await check('tls', plain.secret())).toMatchObject({ outcome: 'warning', detail: expect.stringContaining('not encrypted') });
    expect(await check('tls', encrypted.secret())).toMatchObject({ outcome: 'warning', detail: expect.stringContaining('not verified') });
  });

  it('verifies the certificate when ssl_mode is "true"', async () => {
    expect(await check('tls', encrypted.secret({ ssl_mode: 'true', ssl_ca: ca }))).toMatchObject({ outcome: 'ok' });
    const untrusted = { outcome: 'unreachable', detail: expect.stringContaining('not trusted'), mend: expect.stringContaining('ssl_ca') };
    expect(await check('connect', encrypted.secret({ ssl_mode: 'true' }))).toMatchObject(untrusted);
    const otherName = encrypted.secret({ ssl_mode: 'true', ssl_ca: ca, postgresql_hostname: '127.1' });
    expect(await check('connect', otherName)).toMatchObject({ outcome: 'unreachable', detail: expect.stringContaining('another name') });
    expect(await check('connect', plain.secret({ ssl_mode: 'true' }))).toMatchObject({
      outcome: 'unreachable',
      detail: expect.stringContaining('does not offer TLS'),
    });
  });

  it("trusts Amazon's own roots for RDS only", () => {
    const secret = (host: string) => secretSchema.parse(plain.secret({ postgresql_hostname: host, ssl_mode: true }));
    expect(verifiedTls(secret('db.abc.eu-central-1.rds.amazonaws.com')).ca?.length).toBeGreaterThan(0);
    expect(verifiedTls(secret('db.abc.rds.cn-north-1.amazonaws.com.cn.evil.example')).ca).toBeUndefined();
    expect(verifiedTls(secret('db.example.com'))).toMatchObject({ rejectUnauthorized: true, servername: 'db.example.com' });
  });

  it('reads host, port and flags as people write them', () => {
    const parse = (fields: Record<string, unknown>) =>
      secretSchema.parse({ postgresql_username: 'u', postgresql_password: 'p', ...fields });
    expect(parse({ postgresql_hostname: 'db.example.com' })).toMatchObject({
      host: 'db.example.com',
      port: 5432,
      database: 'postgres',
      verifyTls: false,
    });
    expect(parse({ postgresql_hostname: ' db.example.com:6543 ', ssl_mode: true })).toMatchObject({
      host: 'db.example.com',
      port: 6543,
      verifyTls: true,
    });
    expect(parse({ postgresql_hostname: '[::1]:6543' })).toMatchObject({ host: '::1', port: 6543 });
    expect(parse({ postgresql_hostname: '::1', postgresql_port: '6543' })).toMatchObject({ host: '::1', port: 6543 });
  });

  it('is named, read-only and free of foreign search paths', async () => {
    await plain.admin('postgres', `ALTER ROLE ${INTEGRATION_USER} SET search_path = sales, public`);
    await withSession(runner.access(), 'app', async (session) => {
      const [settings] = await session.query<Record<string, string>>(
        `SELECT current_setting('search_path') AS path, current_setting('application_name') AS name, current_setting('default_transaction_read_only') AS readonly`,
      );
      expect(settings).toEqual({ path: 'pg_catalog', name: 'axiom-runner', readonly: 'on' });
      await expect(session.query('CREATE TABLE sales.nothing (id int)')).rejects.toMatchObject({ code: '25006' });
    });
  });

  it('ends with the task', async () => {
    const task = new AbortController();
    const access = runner.access({ signal: task.signal });
    const work = withSession(access, undefined, async (session) => {
      const sleeping = session.query('SELECT pg_sleep(30)');
      task.abort();
      await sleeping;
    });
    await expect(work).rejects.toMatchObject({ code: 'INTERNAL', retryable: true });
    await expect(runner.plan(TABLE_READ, { signal: task.signal })).rejects.toMatchObject({ code: 'INTERNAL', retryable: true });
  });

  it('survives an administrator who ends it', async () => {
    const work = withSession(runner.access(), undefined, (session) => session.query('SELECT pg_terminate_backend(pg_backend_pid())'));
    await expect(work).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE', retryable: true });
  });

  it('of a paused runner is dead when it wakes up', async () => {
    const intent = await runner.plan(TABLE_READ);
    await expect(runner.apply(intent, { gate: new PausingGate(4) })).rejects.toMatchObject({ retryable: true });
    expect(await plain.ownRoles()).toEqual([]);
  });

  it('says which check fails for which missing right', async () => {
    await plain.admin(
      'postgres',
      "CREATE ROLE weak LOGIN PASSWORD 'weak'",
      'CREATE ROLE closed_group',
      'CREATE DATABASE closed',
      'REVOKE CONNECT ON DATABASE closed FROM PUBLIC',
    );
    const weak = { postgresql_username: 'weak', postgresql_password: 'weak' };
    expect(await check('create-role', plain.secret(weak))).toMatchObject({
      outcome: 'permission_missing',
      mend: 'ALTER ROLE "weak" CREATEROLE;',
    });
    expect(await check('terminate-sessions', plain.secret(weak))).toMatchObject({ outcome: 'permission_missing' });
    expect(await check('databases', plain.secret())).toMatchObject({
      outcome: 'warning',
      mend: expect.stringContaining('GRANT CONNECT ON DATABASE "closed"'),
    });
    expect(await check('admin-option', plain.secret())).toMatchObject({
      outcome: 'warning',
      mend: expect.stringContaining('WITH ADMIN TRUE'),
    });
    expect(await check('empty', plain.secret())).toMatchObject({ outcome: 'ok' });
    expect(await check('empty', plain.secret(weak))).toMatchObject({ outcome: 'empty' });
    await expect(runner.plan({ target: { kind: 'database', path: ['closed'] }, permission: 'Read' })).rejects.toMatchObject({
      code: 'TARGET_PERMISSION_DENIED',
      mend: `GRANT CONNECT ON DATABASE "closed" TO "${INTEGRATION_USER}" WITH GRANT OPTION;`,
    });
    const { user, password } = plain.server.superuser;
    expect(await check('create-role', plain.secret({ postgresql_username: user, postgresql_password: password }))).toMatchObject({
      outcome: 'warning',
    });
  });

  it('says that a full server is unreachable for now', async () => {
    await plain.admin('postgres', 'ALTER ROLE weak CONNECTION LIMIT 0');
    const full = plain.secret({ postgresql_username: 'weak', postgresql_password: 'weak' });
    await expect(runner.plan(TABLE_READ, { secret: full })).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE', retryable: true });
  });
});
