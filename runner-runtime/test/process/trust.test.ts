import { readFileSync } from 'node:fs';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import {
  type AwsEmulator,
  type PostgresServer,
  startAwsEmulator,
  startPostgres,
  startTemporal,
  startTlsFront,
  stopAll,
  type TlsFront,
} from '@axiom-runner/local-servers';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { httpsAgent } from '../../src/operations/network.js';
import { command } from './support/command.js';

jest.setTimeout(90_000);

let aws: AwsEmulator;
let database: PostgresServer;
let front: TlsFront;
/** What a host without files can give. */
let environment: Record<string, string>;
const pem = (path: string | undefined) => readFileSync(path ?? '', 'utf8');

beforeAll(async () => {
  const temporal = await startTemporal({ namespaces: ['acme'] });
  [aws, database, front] = await Promise.all([
    startAwsEmulator({ tls: true }),
    startPostgres({ major: 18, tls: true }),
    startTlsFront({ target: temporal.address }),
  ]);
  const { NODE_EXTRA_CA_CERTS: _, AWS_CA_BUNDLE: __, ...account } = aws.environment;
  await putSecret(account);
  environment = {
    ...account,
    TENANT_ID: 'acme',
    RUNNER_GROUP_ID: 'group-1',
    RUNNER_API_KEY: 'key-of-the-group',
    RUNNER_HEALTH_ADDRESS: 'off',
    AXIOM_ACTIONS_ADDRESS_AND_PORT: front.address,
  };
});
afterAll(async () => {
  await front?.stop();
  await stopAll();
});

async function putSecret({ AWS_REGION = 'us-east-1', AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' }: Record<string, string>) {
  const network = { proxy: undefined, noProxy: undefined, extraCa: pem(aws.caFile) };
  const client = new SecretsManagerClient({
    endpoint: aws.endpoint,
    region: AWS_REGION,
    credentials: { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY },
    requestHandler: new NodeHttpHandler({ httpsAgent: httpsAgent(network) }),
  });
  const { user, password } = database.superuser;
  const secret = {
    postgresql_hostname: database.host,
    postgresql_port: database.port,
    postgresql_username: user,
    postgresql_password: password,
    ssl_mode: 'true',
  };
  await client.send(new CreateSecretCommand({ Name: 'axiom-security/postgresql/db', SecretString: JSON.stringify(secret) }));
  client.destroy();
}

/** State of what the doctor reached, by subject. */
async function findings(more: Record<string, string>): Promise<Record<string, string>> {
  const { stdout, stderr } = await command(['doctor', '--json', '--system', 'postgresql/db'], { environment: { ...environment, ...more } });
  if (stdout === '') throw new Error(stderr);
  const report = JSON.parse(stdout) as { findings: { subject: string; state: string }[] };
  return Object.fromEntries(report.findings.map(({ subject, state }) => [subject, state]));
}

describe('private CAs in RUNNER_CA_CERTIFICATES', () => {
  const bundle = () => [front.caFile, aws.caFile, database.caFile].map(pem).join('\n');

  it.each<[string, (text: string) => string]>([
    ['as text', (text) => text],
    ['as base64', (text) => Buffer.from(text).toString('base64')],
  ])('are trusted by control plane, AWS and database connections: %s', async (_, written) => {
    expect(await findings({ RUNNER_CA_CERTIFICATES: written(bundle()) })).toMatchObject({
      'control plane': 'ok',
      'postgresql/db tls': 'ok',
    });
  });

  it('join those of NODE_EXTRA_CA_CERTS', async () => {
    const more = { NODE_EXTRA_CA_CERTS: front.caFile, RUNNER_CA_CERTIFICATES: `${pem(aws.caFile)}\n${pem(database.caFile)}` };
    expect(await findings(more)).toMatchObject({ 'control plane': 'ok', 'postgresql/db tls': 'ok' });
  });

  it('are all that these connections trust besides the public ones', async () => {
    expect(await findings({})).toMatchObject({ 'control plane': 'fault', 'postgresql/db': 'fault' });
    expect(await findings({ RUNNER_CA_CERTIFICATES: pem(aws.caFile) })).toMatchObject({
      'control plane': 'fault',
      'postgresql/db connect': 'fault',
    });
  });
});
