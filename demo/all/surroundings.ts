import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createGroup, createHome, type Group, type Home, type Link, openLink, serveResults } from '@axiom-runner/control-plane';
import { freePort, type RunnerProcess, startAwsEmulator, startRunner, startTemporal } from '@axiom-runner/local-servers';
import { systemName } from '@axiom-runner/protocol';
import { LEDGER_PARTITION_KEY, LEDGER_SORT_KEY } from '../../contract/ledger.js';
import type { RunningSystem } from '../../runner-runtime/test/integrations/contract/contract.js';

const STATE_KEY_SECRET = 'axiom-runner/state-key';
const API_KEY_SECRET = 'axiom-runner/api-key';
const LEDGER_TABLE = 'axiom-runner-ledger';

/** One control plane, one AWS account with the secrets and the ledger, and one runner for all systems. */
export interface Surroundings {
  readonly home: Home;
  readonly group: Group;
  readonly link: Link;
  readonly runner: RunnerProcess;
  /** Values that must never show up in a log. */
  readonly canaries: readonly string[];
  close(): Promise<void>;
}

/** @param systems the systems whose secrets are put into the store, and which the runner may touch */
export async function openSurroundings(systems: readonly RunningSystem<unknown>[]): Promise<Surroundings> {
  const [temporal, aws] = await Promise.all([startTemporal({ namespaces: ['acme'] }), startAwsEmulator()]);
  const folder = mkdtempSync(join(tmpdir(), 'axiom-runner-demo-'));
  const home = await createHome(join(folder, 'control-plane'), { tenantId: 'acme', address: temporal.address, tls: 'off' });
  const { group, apiKey, environment } = await createGroup(home, { name: 'demo' });
  const account = {
    endpoint: aws.endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'demo' },
  };
  const stateKey = crypto.randomUUID() + crypto.randomUUID();
  const secrets = new SecretsManagerClient(account);
  const create = (Name: string, SecretString: string) => secrets.send(new CreateSecretCommand({ Name, SecretString }));
  for (const { system, secret } of systems) await create(`axiom-security/${systemName(system)}`, JSON.stringify(secret));
  await create(STATE_KEY_SECRET, stateKey);
  await create(API_KEY_SECRET, apiKey);
  await createLedger(new DynamoDBClient(account));
  const results = await serveResults(home);
  const link = await openLink(home);
  const { RUNNER_API_KEY: _, ...settings } = Object.fromEntries(environment.map(({ name, value }) => [name, value]));
  const runner = startRunner({
    environment: {
      ...settings,
      ...aws.environment,
      AWS_REGION: 'eu-central-1',
      RUNNER_API_KEY_SECRET_ID: API_KEY_SECRET,
      RUNNER_STATE_KEY_SECRET_ID: STATE_KEY_SECRET,
      RUNNER_LEDGER_TABLE: LEDGER_TABLE,
      RUNNER_ALLOWED: systems.map(({ system }) => systemName(system)).join(','),
      RUNNER_HEALTH_ADDRESS: `127.0.0.1:${await freePort()}`,
    },
  });
  await runner.ready();
  return {
    home,
    group,
    link,
    runner,
    canaries: [apiKey, stateKey, ...systems.flatMap(({ canaries }) => canaries)],
    close: async () => {
      await runner.stop();
      await results.stop();
      await link.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function createLedger(dynamo: DynamoDBClient): Promise<void> {
  const keys = [LEDGER_PARTITION_KEY, LEDGER_SORT_KEY];
  await dynamo.send(
    new CreateTableCommand({
      TableName: LEDGER_TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: keys.map((AttributeName, index) => ({ AttributeName, KeyType: index === 0 ? 'HASH' : 'RANGE' })),
    }),
  );
}
