import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { getuid } from 'node:process';
import { jest } from '@jest/globals';
import { type Connection, type ConnectionOptions, createConnection, type RowDataPacket } from 'mysql2/promise';
import { findMysql, type MysqlServer, ServerUnavailableError, startMariadb, startMysql, stopAll } from '../src/index.js';

jest.setTimeout(120_000); // a first run downloads the servers
afterAll(stopAll);

// MySQL comes from Debian's development suite, which has not always one to give.
const missing = await findMysql().then(
  () => undefined,
  (error: unknown) => {
    if (error instanceof ServerUnavailableError) return error.message;
    throw error;
  },
);
if (missing !== undefined) it.skip(`MySQL: ${missing}`, () => undefined);

const PRODUCTS = [
  { product: 'MariaDB', start: startMariadb, version: /^1\d\.\d+\.\d+$/, itsAccounts: ['mariadb.sys'] },
  { product: 'MySQL', start: startMysql, version: /^[89]\.\d+\.\d+$/, itsAccounts: ['mysql.infoschema', 'mysql.session', 'mysql.sys'] },
];

const AVAILABLE = PRODUCTS.filter(({ product }) => product !== 'MySQL' || missing === undefined);

describe.each(AVAILABLE)('$product', ({ start, version, itsAccounts }) => {
  let server: MysqlServer;
  beforeAll(async () => {
    server = await start({ settings: { max_connections: '50', event_scheduler: 'ON' } });
  });
  afterAll(() => server?.stop());

  it('is of the version it says, and has the settings that were asked for', async () => {
    expect(server.version).toMatch(version);
    const [row] = await sql(server, 'SELECT VERSION() v, @@max_connections c, @@event_scheduler e');
    expect(row).toEqual({ v: expect.stringMatching(`^${server.version}`), c: 50, e: 'ON' });
  });

  it('listens on loopback only', async () => {
    expect(await sql(server, 'SELECT @@bind_address a')).toEqual([{ a: '127.0.0.1' }]);
  });

  it('has one account that can log in, with a password that it checks', async () => {
    const rows = await sql(server, 'SELECT User u, Host h FROM mysql.user ORDER BY User');
    expect(rows).toEqual([{ u: 'admin', h: '%' }, ...itsAccounts.map((u) => ({ u, h: 'localhost' }))]);
    const wrong = { ...server, admin: { ...server.admin, password: 'wrong' } };
    await expect(sql(wrong, 'SELECT 1')).rejects.toMatchObject({ code: 'ER_ACCESS_DENIED_ERROR' });
  });

  it('lets its administrator make accounts, grant everything, and make databases, routines and events', async () => {
    await sql(server, "CREATE USER made@'%' IDENTIFIED BY 'long enough'");
    await sql(server, "GRANT ALL ON *.* TO made@'%' WITH GRANT OPTION");
    const made = { ...server, admin: { user: 'made', password: 'long enough' } };
    await sql(made, 'CREATE DATABASE shop');
    await sql(made, 'CREATE PROCEDURE shop.nothing() DO 0');
    await sql(made, 'CREATE EVENT shop.hourly ON SCHEDULE EVERY 1 HOUR DO DO 0');
    expect(await sql(made, "SELECT event_name e FROM information_schema.events WHERE event_schema = 'shop'")).toEqual([{ e: 'hourly' }]);
  });

  it('is not run by root', async () => {
    const status = await readFile(`/proc/${server.pid}/status`, 'utf8');
    expect(/^Uid:\t(\d+)/m.exec(status)?.[1]).not.toBe('0');
    if (getuid?.() !== 0) expect(Number(/^Uid:\t(\d+)/m.exec(status)?.[1])).toBe(getuid?.());
  });

  it('keeps its data over a restart and over a crash', async () => {
    await sql(server, 'CREATE DATABASE kept');
    await sql(server, 'CREATE TABLE kept.numbers (n INT)');
    await sql(server, 'INSERT INTO kept.numbers VALUES (1)');
    const before = server.pid;
    await server.restart();
    expect(server.pid).not.toBe(before);
    await sql(server, 'INSERT INTO kept.numbers VALUES (2)');
    await server.kill();
    await expect(sql(server, 'SELECT 1')).rejects.toThrow();
    await server.restart();
    expect(await sql(server, 'SELECT n FROM kept.numbers ORDER BY n')).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('shows what the server printed when it does not start', async () => {
    await expect(start({ settings: { no_such_setting: '1' } })).rejects.toThrow(/did not start[\s\S]*no_such_setting/);
  });
});

describe.each(AVAILABLE)('$product with TLS', ({ start }) => {
  let server: MysqlServer;
  let trusting: ConnectionOptions;
  beforeAll(async () => {
    server = await start({ tls: true });
    trusting = { ssl: { ca: await readFile(server.caFile ?? '', 'utf8') } };
  });

  it('is verified by its authority', async () => {
    expect(await sql(server, "SHOW STATUS LIKE 'Ssl_version'", trusting)).toMatchObject([{ Value: 'TLSv1.3' }]);
  });

  it('refuses a connection without TLS', async () => {
    await expect(sql(server, 'SELECT 1')).rejects.toMatchObject({ code: expect.stringMatching(/SECURE_TRANSPORT|ACCESS_DENIED/) });
  });

  it('is not trusted without its authority', async () => {
    await expect(sql(server, 'SELECT 1', { ssl: {} })).rejects.toThrow(/certificate/);
  });

  it('removes its data when it is stopped', async () => {
    const directory = dirname(server.caFile ?? '');
    await stat(directory);
    await server.stop();
    await expect(stat(directory)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

async function sql({ host, port, admin }: MysqlServer, text: string, options: ConnectionOptions = {}): Promise<unknown[]> {
  const connection: Connection = await createConnection({ host, port, ...admin, ...options });
  try {
    const [rows] = await connection.query<RowDataPacket[]>(text);
    return rows;
  } finally {
    await connection.end();
  }
}
