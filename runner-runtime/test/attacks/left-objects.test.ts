import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { DATABASE_ADMIN, SCHEMA_ADMIN, Stage, TABLE_READ } from './stage.js';

/** Results travel through an engine that fails on large payloads. */
const LARGEST_REPORT_BYTES = 262_144;

/** What a temporary user makes so that its revocation fails or its report grows. */
describe('what a temporary user leaves behind', () => {
  jest.setTimeout(90_000);
  let stage: Stage;

  beforeAll(async () => {
    stage = await Stage.start(18);
  });
  afterEach(() => stage.leave());
  afterAll(() => stage?.stop());

  it('goes to the quarantine whatever it is', async () => {
    const { intent, session } = await stage.dispense(DATABASE_ADMIN);
    await session.query(`
      CREATE SCHEMA mine; SET search_path = mine;
      CREATE TABLE t (id serial PRIMARY KEY, part int) ; CREATE TABLE parted (id int) PARTITION BY LIST (id);
      CREATE TABLE part_one PARTITION OF parted FOR VALUES IN (1);
      CREATE MATERIALIZED VIEW mv AS SELECT * FROM t; CREATE SEQUENCE s; CREATE INDEX ON t (part);
      CREATE TYPE e AS ENUM ('a'); CREATE TYPE c AS (a int); CREATE DOMAIN d AS int CHECK (VALUE > 0); CREATE TYPE r AS RANGE (subtype = int);
      CREATE COLLATION coll (locale = 'C'); CREATE STATISTICS st ON id, part FROM t;
      CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'; CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1';
      CREATE AGGREGATE agg (int) (SFUNC = int4pl, STYPE = int);
      CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);
      CREATE TEXT SEARCH CONFIGURATION ts (COPY = simple); CREATE TEXT SEARCH DICTIONARY td (TEMPLATE = simple);
      CREATE CONVERSION conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
      CREATE PUBLICATION pub FOR TABLE t; SELECT lo_create(0);
      CREATE RULE ru AS ON INSERT TO t DO ALSO NOTHING; CREATE POLICY po ON t USING (true);
      CREATE CAST (c AS text) WITH INOUT AS ASSIGNMENT;
      COMMENT ON SCHEMA mine IS 'mine'; ALTER ROLE CURRENT_USER SET search_path = mine;`);
    expect(await stage.end(intent)).toMatchObject({ proved: true });
    const owners = await stage.server.admin(
      'app',
      "SELECT DISTINCT refobjid::regrole::text AS owner FROM pg_shdepend WHERE deptype = 'o' AND refobjid::regrole::text ~ 'axm_'",
    );
    expect(owners).toEqual([{ owner: 'axm_quarantine' }]);
    await stage.server.admin('app', 'DROP SCHEMA mine CASCADE', 'DROP PUBLICATION IF EXISTS pub', 'DROP OWNED BY axm_quarantine CASCADE');
  });

  it('cannot make the report of its revocation too large to be delivered', async () => {
    const { intent, session } = await stage.dispense(SCHEMA_ADMIN);
    const name = (kind: string) => `"${kind}${'"'.repeat(2 * (63 - kind.length))}"`;
    await session.query(`CREATE DOMAIN sales.${name('d')} AS int`);
    const argumentTypes = Array.from({ length: 100 }, () => `sales.${name('d')}`).join(', ');
    for (let count = 10; count < 90; count += 1) {
      await session.query(`CREATE FUNCTION sales.${name(`f${count}`)}(${argumentTypes}) RETURNS int LANGUAGE sql AS 'SELECT 1'`);
    }
    const outcome = await stage.end(intent);
    expect(outcome.proved).toBe(true);
    expect(Buffer.byteLength(JSON.stringify(outcome))).toBeLessThan(LARGEST_REPORT_BYTES);
    await stage.server.admin('app', 'DROP OWNED BY axm_quarantine CASCADE');
  });

  it('runs with no rights: a function of its own reads nothing any more', async () => {
    const { intent, session } = await stage.dispense(SCHEMA_ADMIN);
    await session.query(
      "CREATE FUNCTION sales.peek() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS 'SELECT note FROM sales.orders'; CREATE VIEW sales.window AS SELECT note FROM sales.orders; GRANT SELECT ON sales.window TO PUBLIC",
    );
    const { id } = await stage.server.newPrincipal();
    await stage.server.admin('app', `GRANT CONNECT ON DATABASE app TO ${id}`, `GRANT USAGE ON SCHEMA sales TO ${id}`);
    const accomplice = await stage.connectAsPrincipal(id);
    expect((await accomplice.query('SELECT * FROM sales.peek()')).rows).toHaveLength(1);
    expect(await stage.end(intent)).toMatchObject({ proved: true });
    await expect(accomplice.query('SELECT * FROM sales.peek()')).rejects.toMatchObject({ code: '42501' });
    await expect(accomplice.query('SELECT * FROM sales.window')).rejects.toMatchObject({ code: '42501' });
  });

  it('is named where an existing role with Admin leaves a trigger on a table of somebody else', async () => {
    const principal = await stage.server.newPrincipal();
    await stage.server.admin('app', `CREATE SCHEMA code AUTHORIZATION ${principal.id}`);
    const { intent } = await stage.runner.grant({ ...TABLE_READ, permission: 'Admin', principal });
    const session = await stage.connectAsPrincipal(principal.id);
    await session.query(`
      CREATE FUNCTION code.run() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
      CREATE TRIGGER lasting AFTER INSERT ON sales.orders FOR EACH ROW EXECUTE FUNCTION code.run()`);
    const { warnings } = await stage.runner.revert(intent);
    const proof = await stage.runner.verify(intent);
    await stage.server.admin('app', 'DROP TRIGGER lasting ON sales.orders');
    await stage.end(intent);
    expect([...warnings, ...proof.warnings].join('\n')).toContain('lasting');
  });
});

describe('more than a transaction can lock', () => {
  jest.setTimeout(90_000);
  let stage: Stage;

  beforeAll(async () => {
    stage = await Stage.start(18, { max_connections: '20', max_locks_per_transaction: '10' });
  });
  afterAll(() => stage?.stop());

  it('goes to the quarantine all the same', async () => {
    const { intent, session } = await stage.dispense(SCHEMA_ADMIN);
    await session.query(`DO $$ BEGIN FOR i IN 1 .. 3000 LOOP EXECUTE format('CREATE TABLE sales.many_%s ()', i); COMMIT; END LOOP; END $$`);
    const outcome = await stage.end(intent, 2);
    const left = await stage.server.admin(
      'app',
      "SELECT count(*)::int AS count FROM pg_class WHERE relname LIKE 'many\\_%' AND relowner::regrole::text !~ 'quarantine'",
    );
    expect({ ...outcome, left }).toMatchObject({ proved: true, left: [{ count: 0 }] });
  });
});
