import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { declaration } from '../../../src/integrations/mysql/declaration.js';
import { mysql } from '../../../src/integrations/mysql/integration.js';
import { secretSchema } from '../../../src/integrations/mysql/secret.js';
import { RunnerHarness } from '../runner-harness.js';
import { DatabaseServer, type Flavour, SYSTEM } from './database-server.js';
import { FLAVOURS } from './flavours.js';

const DOCS = new URL('../../../../docs/integrations/mysql.md', import.meta.url);
const DATABASE = { kind: 'database', path: ['app'] };

describe('docs/integrations/mysql.md', () => {
  it('names every permission, kind of target and check', async () => {
    const text = await readFile(DOCS, 'utf8');
    const firstCells = [...text.matchAll(/^\| `([^`]+)`/gm)].map((match) => match[1]);
    for (const { name } of [...declaration.permissions, ...declaration.checks]) expect(firstCells).toContain(name);
    for (const { kind } of declaration.targets) expect(text).toMatch(new RegExp(`${kind} \`\\["`));
  });

  it('shows a secret that works as it is', async () => {
    const command = /--secret-string '(.*)'$/m.exec(await readFile(DOCS, 'utf8'))?.[1] ?? '';
    expect(secretSchema.parse(JSON.parse(command))).toMatchObject({ username: 'admin', verifyTls: false, port: 3306 });
  });
});

describe.each<Flavour>([...FLAVOURS])('the documented setup on %s', (flavour) => {
  jest.setTimeout(60_000);
  const password = 'of the documented user';
  let server: DatabaseServer;
  let blocks: string[][];

  beforeAll(async () => {
    const text = (await readFile(DOCS, 'utf8')).replaceAll('axiom_runner', 'documented_runner').replaceAll('<password>', password);
    blocks = [...text.matchAll(/```sql(?: (\w+))?\n([\s\S]*?)```/g)]
      .filter(([, only]) => only === undefined || only === flavour)
      .map(([, , sql = '']) => sql.split('\n').filter((line) => line !== ''));
    server = await DatabaseServer.start(flavour);
    await server.admin('CREATE ROLE analysts');
  });
  afterAll(() => server?.stop());

  /** What can be planned, given and taken away without a rest. */
  async function possible(): Promise<string[]> {
    const secret = server.secret({ mysql_username: 'documented_runner', mysql_password: password });
    const runner = new RunnerHarness(mysql, SYSTEM, secret);
    const wishes = [
      ...['Read', 'Read & Write', 'Admin'].map((permission) => ({ target: DATABASE, permission })),
      { target: { kind: 'role', path: ['analysts'] }, permission: 'Member' },
    ];
    const done: string[] = [];
    for (const wish of wishes) {
      const intent = await runner.plan(wish).catch(() => undefined);
      if (intent === undefined) continue;
      const { credential } = await runner.apply(intent);
      const session = await server.connect(credential?.['username'] ?? '', credential?.['password'] ?? '');
      if (wish.permission === 'Admin') await session.query('CREATE VIEW app.left_behind AS SELECT 1 AS id');
      await runner.revert(intent);
      expect(await runner.verify(intent)).toMatchObject({ proved: true });
      runner.passApplyWindow(intent);
      await runner.revert(intent);
      expect(await server.ownAccounts()).toEqual([]);
      if (wish.permission === 'Admin') await server.admin('DROP VIEW app.left_behind');
      done.push(wish.permission);
    }
    await runner.stop();
    return done;
  }

  it('gives, step by step, what it says', async () => {
    const [user = [], read = [], write = [], admin = [], member = []] = blocks;
    await server.admin(...user);
    expect(await possible()).toEqual([]);
    await server.admin(...read);
    expect(await possible()).toEqual(['Read']);
    await server.admin(...write);
    expect(await possible()).toEqual(['Read', 'Read & Write']);
    await server.admin(...admin);
    expect(await possible()).toEqual(['Read', 'Read & Write', 'Admin']);
    await server.admin(...member);
    expect(await possible()).toEqual(['Read', 'Read & Write', 'Admin', 'Member']);
  });
});
