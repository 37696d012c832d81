import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { escapeLiteral } from 'pg';
import { memberOf, Stage, TABLE_READ } from './stage.js';

/** Somebody who may alter roles, as everybody with CREATEROLE may before PostgreSQL 16, hides an access from the runner. */
describe('the name and the mark of an access', () => {
  jest.setTimeout(60_000);
  let stage: Stage;

  beforeAll(async () => {
    stage = await Stage.start(15);
    const { id } = await stage.server.newPrincipal('role_maker');
    await stage.server.admin('postgres', `ALTER ROLE ${id} CREATEROLE`, 'CREATE ROLE analysts');
  });
  afterEach(() => stage.leave());
  afterAll(() => stage?.stop());

  const asRoleMaker = async (statement: string) => (await stage.connectAsPrincipal('role_maker', 'postgres')).query(statement);
  const markOf = async (role: string) => {
    const [row] = await stage.server.admin('postgres', `SELECT shobj_description('"${role}"'::regrole, 'pg_authid') AS mark`);
    return String(row?.['mark']);
  };

  it('is not called revoked while its role lives on under another name', async () => {
    const { intent, user, password } = await stage.dispense(TABLE_READ);
    const principal = await stage.server.newPrincipal();
    const second = await stage.runner.grant({ ...TABLE_READ, principal });
    await stage.leave();
    await asRoleMaker(`ALTER ROLE "${user}" RENAME TO innocent`);
    await asRoleMaker(`ALTER ROLE "${second.intent.state.role}" RENAME TO bystander`);
    const outcomes = [await stage.end(intent), await stage.end(second.intent)].map(({ proved }) => proved);
    const reads = [
      await stage.server.may('innocent', password, 'app', 'SELECT FROM sales.orders'),
      await stage.server.may(principal.id, 'password of people', 'app', 'SELECT FROM sales.orders'),
    ];
    await stage.server.admin('postgres', 'DROP ROLE IF EXISTS bystander').catch(() => undefined);
    await stage.server.admin('postgres', 'DROP ROLE IF EXISTS innocent').catch(() => undefined);
    for (const [index, mayRead] of reads.entries())
      expect({ index, mayRead, proved: outcomes[index] }).not.toMatchObject({ mayRead: true, proved: true });
  });

  it('is found by the reaper under another name', async () => {
    const { intent, user } = await stage.dispense(TABLE_READ);
    await stage.leave();
    await asRoleMaker(`ALTER ROLE "${user}" RENAME TO hidden`);
    const found = (await stage.runner.listMarked()).map(({ object }) => object);
    await asRoleMaker(`ALTER ROLE hidden RENAME TO "${user}"`);
    await stage.end(intent);
    expect(found).toContain('hidden');
  });

  it('does not matter for the end of a membership', async () => {
    const principal = await stage.server.newPrincipal();
    const { intent } = await stage.runner.grant({ ...memberOf('analysts'), principal });
    await asRoleMaker(`COMMENT ON ROLE "${intent.state.role}" IS NULL`);
    const outcome = await stage.end(intent);
    const [left] = await stage.server.admin('postgres', `SELECT pg_has_role('${principal.id}', 'analysts', 'MEMBER') AS member`);
    expect({ ...outcome, ...left }).toMatchObject({ proved: true, member: false });
  });

  it('is not taken from another role: a copied mark neither protects nor ends anything', async () => {
    const first = await stage.dispense(TABLE_READ);
    const second = await stage.dispense(TABLE_READ);
    await asRoleMaker(`COMMENT ON ROLE "${first.user}" IS ${escapeLiteral(await markOf(second.user))}`);
    await expect(stage.runner.apply(first.intent)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(stage.runner.extend({ ...first.intent, expiresAt: first.intent.expiresAt + 60 })).rejects.toMatchObject({
      code: 'TARGET_NOT_FOUND',
    });
    expect(await stage.end(first.intent)).toMatchObject({ proved: true });
    expect(await stage.isAlive(second.session)).toBe(true);
    expect(await stage.end(second.intent)).toMatchObject({ proved: true });
  });

  it('of a revoked request cannot be brought back with an older mark', async () => {
    const { intent, user } = await stage.dispense(TABLE_READ);
    const mark = await markOf(user);
    await stage.runner.revert(intent);
    await asRoleMaker(`COMMENT ON ROLE "${user}" IS ${escapeLiteral(mark)}`);
    const revived = await stage.runner.apply(intent).then(
      () => true,
      () => false,
    );
    await stage.end(intent);
    expect(revived).toBe(false);
  });
});
