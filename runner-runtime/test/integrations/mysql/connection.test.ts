import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { withSession } from '../../../src/integrations/mysql/connection.js';
import { mysql } from '../../../src/integrations/mysql/integration.js';
import { type MysqlSecret, secretSchema } from '../../../src/integrations/mysql/secret.js';
import type { MysqlState } from '../../../src/integrations/mysql/state.js';
import { RunnerHarness } from '../runner-harness.js';
import { DatabaseServer, type Flavour, nameOf, PRINCIPAL_PASSWORD, SYSTEM } from './database-server.js';
import { FLAVOURS } from './flavours.js';

const TABLE_READ = { target: { kind: 'table', path: ['app', 'orders'] }, permission: 'Read' };
/** Of the server, but not in its certificate. */
const UNNAMED_ADDRESS = '127.0.0.2';

describe.each<Flavour>([...FLAVOURS])('connection to %s', (flavour) => {
  jest.setTimeout(60_000);
  let plain: DatabaseServer;
  let encrypted: DatabaseServer;
  let ca: string;
  let runner: RunnerHarness<MysqlSecret, MysqlState>;

  beforeAll(async () => {
    plain = await DatabaseServer.start(flavour, flavour === 'mysql' ? { tls_version: '' } : {});
    encrypted = await DatabaseServer.start(flavour, { bind_address: '0.0.0.0' }, true);
    ca = await readFile(encrypted.server.caFile ?? '', 'utf8');
    runner = new RunnerHarness(mysql, SYSTEM, plain.secret());
  });
  afterAll(async () => {
    await plain?.stop();
    await encrypted?.stop();
    await runner?.stop();
  });

  const check = async (name: string, secret: Record<string, unknown>) =>
    (await runner.testConnection({ secret })).find((entry) => entry.name === name);

  it('prefers TLS, falls back to none, and says which', async () => {
    expect(await check('tls', plain.secret())).toMatchObject({ outcome: 'warning', detail: expect.stringContaining('not encrypted') });
    expect(await check('tls', encrypted.secret())).toMatchObject({ outcome: 'warning', detail: expect.stringContaining('not verified') });
  });

  it('verifies the certificate when ssl_mode is "true": its authority, and the name or address that it is for', async () => {
    const verified = (host: string) => encrypted.secret({ ssl_mode: 'true', ssl_ca: ca, mysql_hostname: host });
    expect(await check('tls', verified('127.0.0.1'))).toMatchObject({ outcome: 'ok' });
    expect(await check('tls', verified('localhost'))).toMatchObject({ outcome: 'ok' });
    const untrusted = { outcome: 'unreachable', detail: expect.stringContaining('not trusted'), mend: expect.stringContaining('ssl_ca') };
    expect(await check('connect', encrypted.secret({ ssl_mode: 'true' }))).toMatchObject(untrusted);
    for (const host of [UNNAMED_ADDRESS, '127.1']) {
      expect(await check('tls', encrypted.secret({ mysql_hostname: host }))).toMatchObject({ outcome: 'warning' });
      expect(await check('connect', verified(host))).toMatchObject({
        outcome: 'unreachable',
        detail: expect.stringContaining('another name'),
      });
    }
    expect(await check('connect', plain.secret({ ssl_mode: 'true' }))).toMatchObject({
      outcome: 'unreachable',
      detail: expect.stringContaining('does not offer TLS'),
    });
  });

  it('of a temporary user has to be encrypted where the runner’s own is', async () => {
    const secret = encrypted.secret({ ssl_mode: 'true', ssl_ca: ca });
    const { applied } = await runner.grant(TABLE_READ, { secret });
    const [row] = await encrypted.admin(`SELECT ssl_type FROM mysql.user WHERE User = '${applied.credential?.['username']}'`);
    expect(row).toEqual({ ssl_type: 'ANY' });
  });

  it('reads host, port and flags as people write them', () => {
    const parse = (fields: Record<string, unknown>) => secretSchema.parse({ mysql_username: 'u', mysql_password: 'p', ...fields });
    expect(parse({ mysql_hostname: 'db.example.com' })).toMatchObject({ host: 'db.example.com', port: 3306, verifyTls: false });
    expect(parse({ mysql_hostname: ' db.example.com:3307 ', ssl_mode: true })).toMatchObject({ port: 3307, verifyTls: true });
    expect(parse({ mysql_hostname: '[::1]:3307' })).toMatchObject({ host: '::1', port: 3307 });
  });

  it('quotes alike whatever mode the server is in', async () => {
    const modes = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,PAD_CHAR_TO_FULL_LENGTH';
    await plain.newDatabase('it\\_is');
    await plain.admin('CREATE TABLE `it\\_is`.`"t` (id int)');
    const principal = await plain.newPrincipal("o'neil\\");
    await plain.admin(`SET GLOBAL sql_mode = '${flavour === 'mysql' ? modes : `${modes},ORACLE`}'`);
    const { intent } = await runner.grant({ target: { kind: 'table', path: ['it\\_is', '"t'] }, permission: 'Read', principal });
    await plain.admin("SET GLOBAL sql_mode = ''");
    expect(await plain.may(nameOf(principal), PRINCIPAL_PASSWORD, 'SELECT * FROM `it\\_is`.`"t`')).toBe(true);
    await runner.revert(intent);
    expect(await runner.verify(intent)).toMatchObject({ proved: true });
  });

  it('is read-only until something is changed, and each change passes the gate', async () => {
    await withSession(runner.access(), async (session) => {
      await expect(session.query("CREATE USER 'nobody'@'%'")).rejects.toMatchObject({ errno: 1792 });
    });
    const gate = {
      check: () => {
        throw new Error('closed');
      },
    };
    const changed = withSession(runner.access({ gate }), (session) => session.change("CREATE USER 'nobody'@'%'"));
    await expect(changed).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(await plain.admin("SELECT User FROM mysql.user WHERE User = 'nobody'")).toEqual([]);
  });

  it('ends with the task', async () => {
    const task = new AbortController();
    const work = withSession(runner.access({ signal: task.signal }), async (session) => {
      const sleeping = session.query('SELECT SLEEP(30)');
      task.abort();
      await sleeping;
    });
    await expect(work).rejects.toMatchObject({ code: 'INTERNAL', retryable: true });
    await expect(runner.plan(TABLE_READ, { signal: task.signal })).rejects.toMatchObject({ code: 'INTERNAL', retryable: true });
  });

  it('survives an administrator who ends it', async () => {
    const work = withSession(runner.access(), async (session) => {
      const [row] = await session.query<{ id: number }>('SELECT CONNECTION_ID() AS id');
      await plain.admin(`KILL CONNECTION ${row?.id}`);
      await session.query('SELECT 1');
    });
    await expect(work).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE', retryable: true });
  });

  it('says which check fails for which missing right', async () => {
    await plain.admin(
      "CREATE USER weak IDENTIFIED BY 'weak'",
      'GRANT SELECT ON mysql.* TO weak',
      'GRANT SELECT ON app.* TO weak',
      'CREATE DATABASE shut',
      'CREATE ROLE closed_group',
    );
    const weak = plain.secret({ mysql_username: 'weak', mysql_password: 'weak' });
    const missing = { outcome: 'permission_missing' };
    expect(await check('create-user', weak)).toMatchObject({ ...missing, mend: "GRANT CREATE USER ON *.* TO 'weak'@'%';" });
    expect(await check('sessions', weak)).toMatchObject({ ...missing, mend: expect.stringMatching(/GRANT PROCESS, CONNECTION.ADMIN/) });
    expect(await check('grant-option', weak)).toMatchObject({ ...missing, mend: expect.stringContaining("ON `app`.* TO 'weak'@'%'") });
    expect(await check('databases', weak)).toMatchObject({ outcome: 'warning', mend: expect.stringContaining('SHOW DATABASES') });
    expect(await check('empty', weak)).toMatchObject({ outcome: 'ok' });
    expect(await check('grant-option', plain.secret())).toMatchObject({ outcome: 'warning', detail: expect.stringContaining('shut') });
    expect(await check('roles', plain.secret())).toMatchObject({ outcome: 'warning', mend: expect.stringContaining('WITH ADMIN OPTION') });
    const { user, password } = plain.server.admin;
    expect(await check('create-user', plain.secret({ mysql_username: user, mysql_password: password }))).toMatchObject({
      outcome: 'warning',
    });
  });

  it('says that a full server is unreachable for now, and a read-only one for good', async () => {
    await plain.admin('ALTER USER weak WITH MAX_USER_CONNECTIONS 1');
    const full = plain.secret({ mysql_username: 'weak', mysql_password: 'weak' });
    const open = await plain.connect('weak', 'weak');
    await expect(runner.plan(TABLE_READ, { secret: full })).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE', retryable: true });
    await open.end();
    await plain.admin('SET GLOBAL read_only = ON');
    expect(await check('version', plain.secret())).toMatchObject({ outcome: 'failed', mend: expect.stringContaining('primary') });
    const intent = await runner.plan(TABLE_READ);
    await expect(runner.apply(intent)).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE' });
    await plain.admin('SET GLOBAL read_only = OFF');
    await runner.revert(intent);
  });

  it('gives a password that no log of the server has', async () => {
    await plain.admin("SET GLOBAL log_output = 'TABLE'", 'SET GLOBAL general_log = ON');
    const { applied } = await runner.grant(TABLE_READ);
    await plain.admin('SET GLOBAL general_log = OFF');
    const logged = await plain.admin('SELECT CONVERT(argument USING utf8mb4) AS text FROM mysql.general_log');
    const texts = logged.map(({ text }) => String(text));
    expect(texts).toContainEqual(expect.stringContaining('CREATE USER'));
    expect(texts.join('\n')).not.toContain(applied.credential?.['password']);
  });
});
