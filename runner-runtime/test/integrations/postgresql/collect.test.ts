import type { Item } from '@axiom-runner/protocol';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { escapeIdentifier } from 'pg';
import { postgresql } from '../../../src/integrations/postgresql/integration.js';
import type { PostgresqlSecret } from '../../../src/integrations/postgresql/secret.js';
import type { PostgresqlState } from '../../../src/integrations/postgresql/state.js';
import { RunnerHarness } from '../runner-harness.js';
import { DatabaseServer, INTEGRATION_USER, SYSTEM } from './database-server.js';
import { HOSTILE_NAMES } from './hostile-names.js';

const MANY = 20_000;

describe('collection from PostgreSQL', () => {
  jest.setTimeout(60_000);
  let server: DatabaseServer;
  let runner: RunnerHarness<PostgresqlSecret, PostgresqlState>;

  beforeAll(async () => {
    server = await DatabaseServer.start(18, { max_locks_per_transaction: '1024' });
    runner = new RunnerHarness(postgresql, SYSTEM, server.secret());
  });
  afterAll(() => server?.stop());

  const assignment = (id: string, permission: string, kind: string, ...path: string[]): Item => ({
    item: 'assignment',
    principal: id === 'PUBLIC' ? { kind: 'public', id } : { kind: 'role', id },
    permission,
    target: { kind, path },
  });

  it('reads objects, owners, grants, options and what everybody has', async () => {
    await server.admin(
      'app',
      'CREATE ROLE reader',
      'CREATE ROLE team',
      'GRANT team TO reader',
      'GRANT USAGE ON SCHEMA sales TO reader',
      'GRANT SELECT, INSERT ON sales.orders TO reader',
      'GRANT SELECT ON sales.notes TO reader WITH GRANT OPTION',
      'GRANT SELECT ON sales.orders TO PUBLIC',
    );
    const { items } = await runner.collectAll(1000);
    expect(items).toEqual(
      expect.arrayContaining([
        { item: 'principal', principal: { kind: 'role', id: 'reader' }, enabled: false },
        { item: 'principal', principal: { kind: 'role', id: INTEGRATION_USER }, enabled: true, attributes: { createRole: true } },
        { item: 'target', target: { kind: 'role', path: ['team'] } },
        { item: 'target', target: { kind: 'database', path: ['app'] } },
        { item: 'target', target: { kind: 'schema', path: ['app', 'sales'] } },
        { item: 'target', target: { kind: 'view', path: ['app', 'sales', 'notes'] } },
        assignment('reader', 'Member', 'role', 'team'),
        assignment('app_owner', 'OWNER', 'database', 'app'),
        assignment('reader', 'USAGE', 'schema', 'app', 'sales'),
        assignment('app_owner', 'OWNER', 'table', 'app', 'sales', 'orders'),
        assignment('reader', 'SELECT', 'table', 'app', 'sales', 'orders'),
        assignment('reader', 'INSERT', 'table', 'app', 'sales', 'orders'),
        assignment('reader', 'SELECT WITH GRANT OPTION', 'view', 'app', 'sales', 'notes'),
        assignment('PUBLIC', 'SELECT', 'table', 'app', 'sales', 'orders'),
      ]),
    );
    expect(items).not.toContainEqual({ item: 'target', target: { kind: 'role', path: ['pg_execute_server_program'] } });
  });

  it('goes on where a database cannot be entered, and says so', async () => {
    await server.admin('postgres', 'CREATE DATABASE barred', 'REVOKE CONNECT ON DATABASE barred FROM PUBLIC', 'CREATE DATABASE zoo');
    await server.admin('zoo', 'CREATE TABLE public.animals (id int)');
    const { items, warnings } = await runner.collectAll(1000);
    expect(warnings).toEqual([expect.stringContaining('database barred could not be read')]);
    expect(items).toContainEqual({ item: 'target', target: { kind: 'table', path: ['zoo', 'public', 'animals'] } });
  });

  it('keeps hostile names as they are', async () => {
    for (const name of HOSTILE_NAMES)
      await server.admin('app', `CREATE TABLE sales.${escapeIdentifier(name)} (id int)`, `CREATE ROLE ${escapeIdentifier(name)}`);
    const { items } = await runner.collectAll(1000);
    for (const name of HOSTILE_NAMES) {
      expect(items).toContainEqual({ item: 'target', target: { kind: 'table', path: ['app', 'sales', name] } });
      expect(items).toContainEqual({ item: 'principal', principal: { kind: 'role', id: name }, enabled: false });
    }
  });

  it(`is complete for ${MANY} roles, in pages of the asked size`, async () => {
    await server.admin(
      'postgres',
      `DO $$ BEGIN FOR i IN 1..${MANY} LOOP EXECUTE format('CREATE ROLE u%s LOGIN IN ROLE team', i); END LOOP; END $$`,
    );
    const [counts] = await server.admin(
      'postgres',
      'SELECT (SELECT count(*)::int FROM pg_roles) AS roles, (SELECT count(DISTINCT (roleid, member))::int FROM pg_auth_members) AS memberships',
    );
    const { items, pages } = await runner.collectAll(5000);
    expect(items.filter(({ item }) => item === 'principal')).toHaveLength(Number(counts?.['roles']));
    expect(items.filter((item) => item.item === 'assignment' && item.target.kind === 'role')).toHaveLength(Number(counts?.['memberships']));
    for (const page of pages) expect(page.items.length).toBeLessThanOrEqual(5000);
    expect(new Set(items.map((item) => JSON.stringify(item))).size).toBe(items.length);
  });

  it('refuses a cursor that it did not write', async () => {
    await expect(runner.collect('{"stage":"passwords"}', 100)).rejects.toMatchObject({ code: 'TASK_REJECTED' });
  });
});
