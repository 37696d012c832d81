import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import {
  createGroup,
  createHome,
  type Group,
  type Home,
  type Link,
  openLink,
  type ResultsServer,
  serveResults,
  startTask,
  waitForStage,
} from '@axiom-runner/control-plane';
import { type PostgresServer, type RunnerProcess, startPostgres, startRunner, startTemporal, stopAll } from '@axiom-runner/local-servers';
import type { TaskBody } from '@axiom-runner/protocol';
import pg from 'pg';
import { type DeployedRoles, deployRoles, RUNNER_POD } from './support/deployed-roles.js';
import { projectedToken, rootOf, secretsManagerOf, type TokenClaims } from './support/identities.js';
import { publishedSecret } from './support/published-secrets.js';

const SYSTEM = { type: 'postgresql', id: '127.0.0.1' };
const PATIENCE = { timeoutMs: 60_000 };

let roles: DeployedRoles;
let database: PostgresServer;
let home: Home;
let group: Group;
let link: Link;
let results: ResultsServer;
let settings: Record<string, string>;
let folder: string;
let runners = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'axiom-runner-e2e-'));
  const temporal = await startTemporal({ namespaces: ['acme'] });
  [roles, database] = await Promise.all([deployRoles(), startPostgres({ major: 18 })]);
  home = await createHome(join(folder, 'control-plane'), { tenantId: 'acme', address: temporal.address, tls: 'off' });
  const created = await createGroup(home, { name: 'e2e' });
  group = created.group;
  settings = Object.fromEntries(created.environment.map(({ name, value }) => [name, value]));
  results = await serveResults(home);
  link = await openLink(home);
  await createPublishedSecret();
  await onDatabase('CREATE ROLE alice LOGIN', 'CREATE TABLE orders AS SELECT 1 AS id');
}, 240_000);

afterAll(async () => {
  await results?.stop();
  await link?.close();
  await roles?.dispose();
  await stopAll();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

/** The command of the guide, with this database in it, run in the account of the store. */
async function createPublishedSecret(): Promise<void> {
  const published = publishedSecret('postgresql');
  const value = {
    ...JSON.parse(published.value),
    postgresql_hostname: database.host,
    postgresql_port: String(database.port),
    postgresql_username: database.superuser.user,
    postgresql_password: database.superuser.password,
  };
  const name = published.name.replace(/[^/]+$/, SYSTEM.id);
  await secretsManagerOf(roles.emulator, rootOf(roles.storeAccount)).send(
    new CreateSecretCommand({ Name: name, SecretString: JSON.stringify(value) }),
  );
}

async function onDatabase(...statements: string[]): Promise<pg.QueryResult[]> {
  const client = new pg.Client({ connectionString: database.connectionString });
  await client.connect();
  try {
    const answers: pg.QueryResult[] = [];
    for (const statement of statements) answers.push(await client.query(statement));
    return answers;
  } finally {
    await client.end();
  }
}

/** A runner whose only AWS identity is the token of its pod, as in a cluster. */
async function podRunner(more: Record<string, string> = {}, claims: Partial<TokenClaims> = {}): Promise<RunnerProcess> {
  const token = join(folder, `token-${runners++}`);
  await writeFile(token, projectedToken({ ...RUNNER_POD, ...claims }), { mode: 0o600 });
  const { AWS_ENDPOINT_URL = '', AWS_REGION = '' } = roles.emulator.environment;
  const runner = startRunner({
    environment: {
      ...settings,
      AWS_ENDPOINT_URL,
      AWS_REGION,
      AWS_ROLE_ARN: roles.runnerRoleArn,
      AWS_WEB_IDENTITY_TOKEN_FILE: token,
      AWS_SECRETS_MANAGER_ROLE_ARN: roles.proxyRole.roleArn,
      AWS_SECRETS_MANAGER_ROLE_EXTERNAL_ID: roles.proxyRole.externalId,
      AWS_SECRETS_MANAGER_REGION: AWS_REGION,
      RUNNER_HEALTH_ADDRESS: 'off',
      ...more,
    },
  });
  await runner.ready();
  return runner;
}

/** Runs a task on a fresh runner and yields its outcome, or the code of its failure. */
async function outcomeOf(
  body: TaskBody,
  runner: RunnerProcess,
): Promise<{ readonly stage: string; readonly code?: string; readonly log: string }> {
  try {
    const task = await startTask(link, group, body);
    const result = await waitForStage(home, task, ['tested', 'granted', 'failed'], PATIENCE);
    return { stage: result.stage, log: runner.output(), ...(result.stage === 'failed' ? { code: result.error.code } : {}) };
  } finally {
    await runner.stop();
  }
}

describe('a runner in a pod with the deployed roles', () => {
  it('assumes the deployed proxy role with its external id, and completes a PostgreSQL access from grant to proved revocation', async () => {
    const runner = await podRunner();
    const task = await startTask(link, group, {
      type: 'ProvisionAccess',
      system: SYSTEM,
      target: { kind: 'table', path: ['postgres', 'public', 'orders'] },
      principal: { kind: 'role', id: 'alice' },
      permission: 'Read',
      justification: 'e2e',
      durationSeconds: 3,
    });
    await waitForStage(home, task, ['granted'], PATIENCE);
    const [granted] = await onDatabase("SELECT has_table_privilege('alice', 'orders', 'SELECT') AS yes");
    expect(granted?.rows).toEqual([{ yes: true }]);
    const { evidence } = await waitForStage(home, task, ['revoked'], PATIENCE);
    expect(evidence.proved).toBe(true);
    const [revoked] = await onDatabase("SELECT has_table_privilege('alice', 'orders', 'SELECT') AS yes");
    expect(revoked?.rows).toEqual([{ yes: false }]);
    expect(await runner.stop()).toBe(0);
  }, 90_000);

  it.each<[string, () => Promise<RunnerProcess>]>([
    ['a wrong external id', () => podRunner({ AWS_SECRETS_MANAGER_ROLE_EXTERNAL_ID: 'wrong-external-id' })],
    ['the token of another service account', () => podRunner({}, { serviceAccount: 'default' })],
    [
      'another role to assume',
      () => podRunner({ AWS_SECRETS_MANAGER_ROLE_ARN: `arn:aws:iam::${roles.storeAccount.id}:role/Axiom-Security-Other` }),
    ],
  ])(
    'cannot access secret manager with %s, and says so in its log',
    async (_, start) => {
      const outcome = await outcomeOf({ type: 'TestConnection', system: SYSTEM }, await start());
      expect(outcome).toMatchObject({ stage: 'failed', code: 'SECRET_ACCESS_DENIED' });
      expect(outcome.log).toContain('cannot access secret manager');
      expect(outcome.log).toContain('<IAM_ROLE_HERE>');
    },
    60_000,
  );

  it('is refused a start with a proxy role but no external id', async () => {
    await expect(podRunner({ AWS_SECRETS_MANAGER_ROLE_EXTERNAL_ID: '' })).rejects.toThrow(/AWS_SECRETS_MANAGER_ROLE_EXTERNAL_ID/);
  }, 60_000);

  it('says which secret is missing', async () => {
    const outcome = await outcomeOf({ type: 'TestConnection', system: { type: 'postgresql', id: 'other.example.com' } }, await podRunner());
    expect(outcome).toMatchObject({ stage: 'failed', code: 'SECRET_NOT_FOUND' });
    expect(outcome.log).toContain('axiom-security/postgresql/other.example.com');
  }, 60_000);
});
