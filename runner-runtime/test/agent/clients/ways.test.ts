import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type PostgresServer, startPostgres } from '@axiom-runner/local-servers';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import { USERNAME } from '../../process/agent/support/agent-host.js';
import { CLIENTS, clientPrograms } from './client-programs.js';
import { CANARY, ClientsHost } from './clients-host.js';

jest.setTimeout(120_000);

const run = promisify(execFile);
const inNode = (file: string) => [process.execPath, join(CLIENTS, 'node', file)] as const;
const missingIn = (language: string) => clientPrograms('').find((program) => program.language === language)?.missing;

let clients: ClientsHost;
beforeAll(async () => {
  clients = await ClientsHost.open([]);
});
afterAll(() => clients?.close());

/** What a program says that runs to its end. */
async function outcomeOf(command: readonly string[], more?: Readonly<Record<string, string>>) {
  const client = clients.run(command, more);
  return { code: await client.end(), output: client.output };
}

const withShell = missingIn('shell') === undefined ? describe : describe.skip;
withShell('get-secret.sh', () => {
  const script = (id: string) => [join(CLIENTS, 'shell/get-secret.sh'), id, clients.login.url];

  it('logs in with what get-secret gives it, and prints no value', async () => {
    await clients.create('by-command');
    const { code, output } = await outcomeOf(script('by-command'));
    expect([code, output]).toEqual([0, expect.stringMatching(/^a secret of app\nto be used until 20\S+Z\nlogged in\n$/)]);
    expect(clients.argumentsSeen()).not.toMatch(CANARY);
  });

  it('ends at the first refusal', async () => {
    const { code, output } = await outcomeOf(script('not-there'));
    expect([code, output]).toEqual([1, expect.stringMatching(/^get-secret: SECRET_NOT_FOUND: /)]);
  });
});

describe('with-fetch.mjs', () => {
  it('is answered: what fetch sends by itself is no sign of a browser', async () => {
    await clients.create('by-fetch');
    const { code, output } = await outcomeOf([...inNode('with-fetch.mjs'), 'by-fetch']);
    expect([code, output]).toEqual([0, expect.stringMatching(/^a secret of app, until 20\S+Z\n$/)]);
  });

  it('says what to do about a refusal', async () => {
    const { code, output } = await outcomeOf([...inNode('with-fetch.mjs'), 'by-fetch'], { SEGURA_AGENT_TOKEN: 'axa_wrong-token' });
    expect([code, output]).toEqual([1, expect.stringMatching(/^TOKEN_INVALID: [\s\S]*axiomrunner agent app add/)]);
  });
});

describe('pool.mjs', () => {
  let server: PostgresServer;
  let admin: pg.Client;
  beforeAll(async () => {
    server = await startPostgres({ major: 18 });
    admin = new pg.Client({ connectionString: server.connectionString });
    await admin.connect();
  });
  afterAll(async () => {
    await admin?.end();
    await server?.stop();
  });
  const setPassword = async (verb: 'CREATE' | 'ALTER', password: string) => {
    await admin.query(`${verb} ROLE "${USERNAME}" LOGIN PASSWORD ${pg.escapeLiteral(password)}`);
  };

  it('opens connections before and after a rotation, and gives up when the agent has no other password', async () => {
    await setPassword('CREATE', await clients.create('pool'));
    const command = [...inNode('pool-demo.mjs'), 'pool', server.host, String(server.port), 'postgres'];
    const client = clients.run(command);
    expect(await client.logIn()).toBe('logged in as app');

    await setPassword('ALTER', await clients.rotate('pool'));
    expect(await client.logIn()).toBe('logged in as app');
    expect(await client.logIn()).toBe('logged in as app');
    expect(await clients.deliveries('pool')).toBe(2);

    await setPassword('ALTER', 'another password');
    expect(await client.logIn()).toBeUndefined();
    expect(await client.end()).toBe(1);
    expect(client.stderr).toMatch('password authentication failed for user "app"');
    expect(client.output).not.toMatch(CANARY);
  });
});

describe('a secret that is printed by mistake shows no password', () => {
  it('in Node', async () => {
    const program = `
      import { Secret } from ${JSON.stringify(join(CLIENTS, 'node/secret-agent.mjs'))};
      const secret = new Secret({ secret_id: 'db', username: 'app', password: '${CANARY}', expires_at: '2030-01-01T00:00:00Z' });
      console.log(secret.password === '${CANARY}', secret, JSON.stringify(secret), String(secret));`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program]);
    expect(stdout).toMatch(/^true Secret [\s\S]*"username":"app"/);
    expect(stdout).not.toMatch(CANARY);
  });

  (missingIn('Python') === undefined ? it : it.skip)('in Python', async () => {
    const program = `
import datetime, secret_agent
secret = secret_agent.Secret("db", "app", "${CANARY}", datetime.datetime(2030, 1, 1))
print(secret.password == "${CANARY}", secret, repr(secret), [secret])`;
    const { stdout } = await run('python3', ['-B', '-c', program], { cwd: join(CLIENTS, 'python') });
    expect(stdout).toMatch(/^True db \(user app, until 2030-01-01T00:00:00Z\) Secret\(id='db'/);
    expect(stdout).not.toMatch(CANARY);
  });
});
