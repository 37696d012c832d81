import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type PostgresServer, startPostgres } from '@axiom-runner/local-servers';
import { jest } from '@jest/globals';
import pg from 'pg';
import { openedAgent } from '../../agent/support/opened-agent.js';
import { bundle, SEGURA_AGENT } from './bundled.js';

jest.setTimeout(90_000);

const run = promisify(execFile);
const fixture = (name: string) => readFileSync(join(dirname(fileURLToPath(import.meta.url)), '../fixtures', name), 'utf8');
const has = (command: string, argument: string) =>
  run(command, [argument]).then(
    () => true,
    () => false,
  );

/** A test that is skipped, and says so, where a program is missing. */
function where(found: boolean, program: string) {
  if (!found) process.stderr.write(`SKIPPED a script of the guide: there is no ${program} on PATH\n`);
  return found ? it : it.skip;
}
const withJq = where(await has('jq', '--version'), 'jq');
const withPowershell = where(await has('pwsh', '--version'), 'pwsh');

const PASSWORD = 'canary "p\\ass\' $wörd` #1';

let folder: string;
let agent: Awaited<ReturnType<typeof openedAgent>>;
let environment: Record<string, string>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'axiom-test-guide-'));
  await bundle(SEGURA_AGENT, join(folder, 'segura-agent'));
  agent = await openedAgent();
  agent.vault.put('db-production', PASSWORD);
  const { PATH = '', LANG = 'C.UTF-8' } = process.env;
  environment = {
    PATH: [folder, PATH].join(delimiter),
    LANG,
    HOME: folder,
    SEGURA_AGENT_ADDRESS: agent.url,
    SEGURA_AGENT_TOKEN: 'billing-token',
  };
});
afterAll(async () => {
  await agent?.close();
  rmSync(folder, { recursive: true });
});

/** Gives a program a script or a text on standard input. */
function feed(
  command: string,
  args: readonly string[],
  text: string,
  more: Record<string, string> = {},
): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(command, args, { env: { ...environment, ...more } });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    err += chunk;
  });
  child.stdin.end(text);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out, err }));
  });
}

describe("the guide's script for Linux and macOS", () => {
  let database: PostgresServer;
  beforeAll(async () => {
    database = await startPostgres({ major: 18 });
    const admin = new pg.Client({ connectionString: database.connectionString });
    await admin.connect();
    await admin.query(`CREATE ROLE produser LOGIN PASSWORD ${admin.escapeLiteral(PASSWORD)}`);
    await admin.query('CREATE DATABASE production_db OWNER produser');
    await admin.end();
  });
  afterAll(() => database?.stop());

  /** As published, but for the host and for `--password=…`, which psql refuses. */
  const script = () => {
    const published = fixture('get-secret.sh');
    const changed = published
      .replace('-h 10.10.1.10', `-h ${database.host} -p ${database.port} --no-align --tuples-only`)
      .replace(/^psql (.*) --password="\$DB_PASS"$/m, 'PGPASSWORD="$DB_PASS" psql $1');
    expect(changed.split('\n').filter((line, index) => line !== published.split('\n')[index])).toHaveLength(1);
    return changed;
  };
  const login = (more: Record<string, string> = {}) => {
    const path = database.psqlPath === undefined ? {} : { PATH: [environment['PATH'], dirname(database.psqlPath)].join(delimiter) };
    return feed('bash', ['-c', script()], 'SELECT current_user, current_database();\n', { ...path, ...more });
  };

  withJq('logs in to PostgreSQL with the password of the agent', async () => {
    expect(await login()).toEqual({ code: 0, out: 'produser|production_db\n', err: '' });
  });

  withJq('does not log in without a token, and the reason is told', async () => {
    const { code, out, err } = await login({ SEGURA_AGENT_TOKEN: '' });
    expect(code).not.toBe(0);
    expect(out).toBe('');
    expect(err).toContain('get-secret: TOKEN_MISSING');
  });
});

describe("the guide's script for Windows", () => {
  withPowershell('hands user and password of the agent to its database command', async () => {
    const command = 'function Invoke-Sqlcmd { param($Username, $Password, $Database) Write-Output "$Username|$Password|$Database" }\n';
    const { code, out } = await feed('pwsh', ['-NoProfile', '-NonInteractive', '-Command', `${command}${fixture('get-secret.ps1')}`], '');
    expect([code, out.trim()]).toEqual([0, `user|${PASSWORD}|production_db`]);
  });
});
