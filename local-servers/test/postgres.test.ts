import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Client } from 'pg';
import { type PostgresServer, startPostgres, stopAll } from '../src/index.js';

afterAll(stopAll);

describe.each([15, 18] as const)('PostgreSQL %i', (major) => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres({ major, settings: { max_connections: '50', work_mem: '7MB' } });
  });
  afterAll(() => server.stop());

  it('is of that version, and has the settings that were asked for', async () => {
    const rows = await sql(
      server.connectionString,
      "select current_setting('server_version_num') v, current_setting('work_mem') m, current_setting('max_connections') c",
    );
    expect(rows).toEqual([{ v: expect.stringMatching(`^${major}`), m: '7MB', c: '50' }]);
  });

  it('checks passwords with SCRAM-SHA-256', async () => {
    const { host, port, superuser } = server;
    await expect(connected({ host, port, user: superuser.user, password: 'wrong', database: 'postgres' })).rejects.toMatchObject({
      code: '28P01',
    });
    const [row] = await sql(server.connectionString, 'select rolpassword p from pg_authid where rolname = current_user');
    expect(row).toEqual({ p: expect.stringMatching(/^SCRAM-SHA-256\$/) });
  });

  it('listens on loopback only', async () => {
    expect(await sql(server.connectionString, 'show listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
  });

  it('keeps its data over a restart and over a crash', async () => {
    await sql(server.connectionString, 'create table kept (n int); insert into kept values (1)');
    await server.restart();
    await sql(server.connectionString, 'insert into kept values (2)');
    await server.kill();
    await expect(sql(server.connectionString, 'select 1')).rejects.toThrow();
    await server.restart();
    expect(await sql(server.connectionString, 'select n from kept order by n')).toEqual([{ n: 1 }, { n: 2 }]);
  });
});

describe('PostgreSQL with TLS', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres({ major: 18, tls: true });
  });

  it('is verified by the authority in its connection string', async () => {
    expect(await sql(server.connectionString, 'select ssl from pg_stat_ssl where pid = pg_backend_pid()')).toEqual([{ ssl: true }]);
  });

  it('refuses a connection without TLS', async () => {
    await expect(sql(server.connectionString.replace(/\?.*/, ''), 'select 1')).rejects.toMatchObject({ code: '28000' });
  });

  it('is not trusted without its authority', async () => {
    await expect(sql(server.connectionString.replace(/&sslrootcert=.*/, ''), 'select 1')).rejects.toThrow(/certificate/);
  });

  it('removes its data when it is stopped', async () => {
    const directory = dirname(server.caFile ?? '');
    await stat(directory);
    await server.stop();
    await expect(stat(directory)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

it('shows what the server printed when it does not start', async () => {
  await expect(startPostgres({ major: 18, settings: { shared_buffers: 'nonsense' } })).rejects.toThrow(
    /did not start[\s\S]*shared_buffers/,
  );
});

async function connected(to: ConstructorParameters<typeof Client>[0]): Promise<Client> {
  const client = new Client(to);
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function sql(connectionString: string, text: string): Promise<unknown[]> {
  const client = await connected({ connectionString });
  const { rows } = await client.query(text);
  await client.end();
  return rows;
}
