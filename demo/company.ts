import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import {
  createGroup,
  createHome,
  type Group,
  type Home,
  type Link,
  openLink,
  type ResultsServer,
  serveResults,
} from '@axiom-runner/control-plane';
import {
  freePort,
  type PostgresServer,
  type RunnerProcess,
  startAwsEmulator,
  startPostgres,
  startRunner,
  startTemporal,
} from '@axiom-runner/local-servers';
import type { System } from '@axiom-runner/protocol';
import pg from 'pg';
import type { Timeline } from './timeline.js';

/** A small company on this machine: its database, its secret store, its control plane, and its runners. */
export interface Company {
  readonly system: System;
  readonly home: Home;
  readonly group: Group;
  readonly link: Link;
  readonly database: PostgresServer;
  /** A connection as the database's owner, for looking on. */
  readonly owner: pg.Client;
  /** Everything that runners have logged. */
  logs(): string;
  /** Values that must never show up in a log. */
  readonly canaries: readonly string[];
  startRunner(): Promise<RunnerProcess>;
  close(): Promise<void>;
}

const STATE_KEY_SECRET = 'axiom-runner/state-key';
const API_KEY_SECRET = 'axiom-runner/api-key';

/** Founds the company: servers, users and tables, a runner group, secrets. */
export async function foundCompany(timeline: Timeline): Promise<Company> {
  const say = (text: string) => timeline.tell(text);
  const [database, temporal, aws] = await Promise.all([
    startPostgres({ major: 18, say }),
    startTemporal({ namespaces: ['acme'], say }),
    startAwsEmulator({ say }),
  ]);
  timeline.tell(
    `PostgreSQL 18 on 127.0.0.1:${database.port}, a Temporal dev server on ${temporal.address} (it checks no key), an AWS emulator on ${aws.endpoint}`,
  );

  const folder = mkdtempSync(join(tmpdir(), 'axiom-runner-demo-'));
  const home = await createHome(join(folder, 'control-plane'), { tenantId: 'acme', address: temporal.address, tls: 'off' });
  const { group, apiKey, environment } = await createGroup(home, { name: 'demo' });
  timeline.tell(`registered runner group ${group.id} of tenant acme; tasks for it are signed`);

  const owner = new pg.Client({ connectionString: database.connectionString });
  owner.on('error', () => undefined); // The servers may be stopped under it, by Ctrl-C.
  await owner.connect();
  await prepareDatabase(owner, database);
  const system = { type: 'postgresql', id: '127.0.0.1' };
  const password = await makeIntegrationUser(owner);
  const stateKey = crypto.randomUUID() + crypto.randomUUID();
  const secrets = new SecretsManagerClient({
    endpoint: aws.endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'demo' },
  });
  const create = (Name: string, SecretString: string) => secrets.send(new CreateSecretCommand({ Name, SecretString }));
  await create(
    `axiom-security/postgresql/${system.id}`,
    JSON.stringify({
      postgresql_hostname: '127.0.0.1',
      postgresql_port: String(database.port),
      postgresql_username: 'axiom_runner',
      postgresql_password: password,
    }),
  );
  await create(STATE_KEY_SECRET, stateKey);
  await create(API_KEY_SECRET, apiKey);
  timeline.tell('created the secret axiom-security/postgresql/127.0.0.1 as the guide says, and one each for the API key and the state key');

  const results: ResultsServer = await serveResults(home);
  const link = await openLink(home);
  const runners: RunnerProcess[] = [];
  const { RUNNER_API_KEY: _, ...settings } = Object.fromEntries(environment.map(({ name, value }) => [name, value]));
  return {
    system,
    home,
    group,
    link,
    database,
    owner,
    canaries: [password, stateKey, apiKey],
    logs: () => runners.map((runner) => runner.output()).join('\n'),
    startRunner: async () => {
      const runner = startRunner({
        environment: {
          ...settings,
          ...aws.environment,
          AWS_REGION: 'eu-central-1',
          RUNNER_API_KEY_SECRET_ID: API_KEY_SECRET,
          RUNNER_STATE_KEY_SECRET_ID: STATE_KEY_SECRET,
          RUNNER_ALLOWED: `${system.type}/${system.id}`,
          RUNNER_HEALTH_ADDRESS: `127.0.0.1:${await freePort()}`,
        },
      });
      runners.push(runner);
      timeline.show((await runner.ready()).message);
      return runner;
    },
    close: async () => {
      await results.stop();
      await link.close();
      await owner.end().catch(() => undefined);
      secrets.destroy();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A shop whose tables belong to one role, as is usual, and two people who may not read them. */
async function prepareDatabase(owner: pg.Client, database: PostgresServer): Promise<void> {
  await owner.query('CREATE ROLE shop_owner');
  await owner.query('CREATE DATABASE shop OWNER shop_owner');
  for (const name of ['alice', 'bob']) await owner.query(`CREATE ROLE ${name} LOGIN PASSWORD '${name}'`);
  const shop = new pg.Client({ host: database.host, port: database.port, ...database.superuser, database: 'shop' });
  await shop.connect();
  await shop.query(
    "ALTER SCHEMA public OWNER TO shop_owner; SET ROLE shop_owner; CREATE TABLE orders AS SELECT n AS id, 'item ' || n AS what FROM generate_series(1, 1000) n; CREATE VIEW big_orders AS SELECT * FROM orders WHERE id > 900",
  );
  await shop.end();
}

/** The runner's own user with the least that it needs, as docs/integrations/postgresql.md says. */
async function makeIntegrationUser(owner: pg.Client): Promise<string> {
  const password = crypto.randomUUID();
  await owner.query(`CREATE ROLE axiom_runner LOGIN CREATEROLE PASSWORD '${password}'`);
  await owner.query('GRANT shop_owner TO axiom_runner');
  return password;
}
