import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { declaration } from '../../../src/integrations/postgresql/declaration.js';
import { postgresql } from '../../../src/integrations/postgresql/integration.js';
import { secretSchema } from '../../../src/integrations/postgresql/secret.js';
import { RunnerHarness } from '../runner-harness.js';
import { DatabaseServer, type Major, SYSTEM } from './database-server.js';

const DOCS = new URL('../../../../docs/integrations/postgresql.md', import.meta.url);
const SCHEMA = { kind: 'schema', path: ['app', 'sales'] };

describe('docs/integrations/postgresql.md', () => {
  it('names every permission, kind of target and check', async () => {
    const text = await readFile(DOCS, 'utf8');
    const firstCells = [...text.matchAll(/^\| `([^`]+)`/gm)].map((match) => match[1]);
    for (const { name } of [...declaration.permissions, ...declaration.checks]) expect(firstCells).toContain(name);
    for (const { kind } of declaration.targets) expect(text).toMatch(new RegExp(`${kind} \`\\["`));
  });

  it('shows a secret that works as it is', async () => {
    const command = /--secret-string '(.*)'$/m.exec(await readFile(DOCS, 'utf8'))?.[1] ?? '';
    expect(secretSchema.parse(JSON.parse(command))).toMatchObject({ username: 'admin', verifyTls: false, port: 5432 });
  });
});

describe.each<Major>([18, 15])('the documented setup on PostgreSQL %i', (major) => {
  jest.setTimeout(60_000);
  let server: DatabaseServer;
  let blocks: string[];
  const password = 'of the documented user';

  beforeAll(async () => {
    const text = (await readFile(DOCS, 'utf8')).replaceAll('axiom_runner', 'documented_runner').replaceAll('<password>', password);
    blocks = [...text.matchAll(/```sql\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
    server = await DatabaseServer.start(major);
    await server.admin('app', 'CREATE ROLE analysts', 'GRANT CONNECT ON DATABASE app TO analysts');
  });
  afterAll(() => server?.stop());

  /** What can be planned, given and taken away without a rest. */
  async function possible(): Promise<string[]> {
    const runner = new RunnerHarness(
      postgresql,
      SYSTEM,
      server.secret({ postgresql_username: 'documented_runner', postgresql_password: password }),
    );
    const wishes = [
      ...['Read', 'Read & Write', 'Admin'].map((permission) => ({ target: SCHEMA, permission })),
      { target: { kind: 'role', path: ['analysts'] }, permission: 'Member' },
    ];
    const done: string[] = [];
    for (const wish of wishes) {
      const intent = await runner.plan(wish).catch(() => undefined);
      if (intent === undefined) continue;
      const { credential } = await runner.apply(intent);
      await server.as(credential?.['username'] ?? '', credential?.['password'] ?? '', 'app', 'SELECT 1');
      await runner.revert(intent);
      expect(await runner.verify(intent)).toMatchObject({ proved: true });
      runner.passApplyWindow(intent);
      await runner.revert(intent);
      expect(await server.ownRoles()).toEqual([]);
      done.push(wish.permission);
    }
    return done;
  }

  it('gives, step by step, what it says', async () => {
    const [user = '', read = '', write = '', owner = '', member = ''] = blocks;
    const memberAlready = major < 16 ? ['Member'] : [];
    await server.admin('postgres', user);
    expect(await possible()).toEqual(memberAlready);
    await server.admin('app', read);
    expect(await possible()).toEqual(['Read', ...memberAlready]);
    await server.admin('app', 'SET ROLE app_owner', 'CREATE TABLE sales.later (id serial)');
    expect(await possible()).toEqual(['Read', ...memberAlready]);
    await server.admin('app', write);
    expect(await possible()).toEqual(['Read', 'Read & Write', ...memberAlready]);
    await server.admin('app', owner);
    expect(await possible()).toEqual(['Read', 'Read & Write', 'Admin', ...memberAlready]);
    if (major >= 16) await server.admin('postgres', member);
    expect(await possible()).toEqual(['Read', 'Read & Write', 'Admin', 'Member']);
  });
});
