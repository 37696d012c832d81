import { EventEmitter, once } from 'node:events';
import { startAwsEmulator, stopAll } from '@axiom-runner/local-servers';
import { json, type Keys, secrets } from '../../local-servers/test/aws-call.js';
import type { AgentSettings } from '../../runner-runtime/src/agent/config/agent-settings.js';
import { parseAgentConfig } from '../../runner-runtime/src/agent/config/read-agent-config.js';
import { watchQueue } from '../../runner-runtime/src/agent/rotation/events/event-queue.js';
import { createLogger } from '../../runner-runtime/src/operations/logger.js';
import { ARN, labelUpdated, serviceEvent, trailCall } from '../../runner-runtime/test/agent/rotation/events/secrets-manager-events.js';
import { type Account, type SynthesisedApp, synthesisedApp } from './support/cdk.js';
import { administratorKeys, assumeRole, may, openToItsAccount, rootKeys, sessionKeys } from './support/runner-roles.js';

const NETWORK = { proxy: undefined, noProxy: undefined, extraCa: undefined };

let account: Account;
let app: SynthesisedApp;
let outputs: Record<string, string>;
/** Of the task's role: what the agent may do. */
let agentKeys: Keys;
const environment = { ...process.env };

beforeAll(async () => {
  const [emulator, synthesised] = await Promise.all([
    startAwsEmulator({ enforceIam: true }),
    synthesisedApp({}, 'test/e2e/apps/secret-agent.ts'),
  ]);
  account = { emulator, id: '123456789012' };
  app = synthesised;
  await secrets(emulator, rootKeys(account), 'CreateSecret', { Name: 'shop/database', SecretString: '{"password":"one"}' });
  await secrets(emulator, rootKeys(account), 'CreateSecret', { Name: 'other/database', SecretString: '{"password":"other"}' });
  outputs = await app.deploy(account, 'SecretAgent');
  const { TaskRole = '' } = outputs;
  await openToItsAccount(account, TaskRole);
  agentKeys = sessionKeys(await assumeRole(emulator, await administratorKeys(account), TaskRole));
}, 180_000);

afterAll(async () => {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  Object.assign(process.env, environment);
  await app?.dispose();
  await stopAll();
});

const ask = async (service: Parameters<typeof json>[2], action: string, input: object) => {
  const { status, body } = await json(account.emulator, rootKeys(account), service, action, input);
  if (status !== 200) throw new Error(body);
  return JSON.parse(body);
};

type SecretsManagerEvent = ReturnType<typeof labelUpdated | typeof trailCall | typeof serviceEvent>;

/** Whether a rule of the stack takes an event: nobody but AWS may send one with this source, so its service is asked. */
async function isTaken(event: SecretsManagerEvent): Promise<boolean> {
  const { Rules } = await ask('events', 'ListRules', {});
  const patterns: string[] = Rules.map(({ EventPattern }: { EventPattern: string }) => EventPattern);
  expect(patterns).toHaveLength(6);
  const test = (EventPattern: string) => ask('events', 'TestEventPattern', { EventPattern, Event: JSON.stringify(event) });
  return (await Promise.all(patterns.map(test))).some(({ Result }) => Result);
}

async function theSettings(): Promise<AgentSettings> {
  const { taskDefinition } = await ask('ecs', 'DescribeTaskDefinition', { taskDefinition: outputs['TaskDefinition'] });
  const containers: { name: string; environment: { name: string; value: string }[] }[] = taskDefinition.containerDefinitions;
  const text = containers
    .find(({ name }) => name === 'secret-agent')
    ?.environment.find(({ name }) => name === 'AXIOMRUNNER_AGENT_CONFIG_TEXT')?.value;
  return parseAgentConfig(text ?? '', 'the task definition');
}

describe('the task of an application with the agent beside it', () => {
  it('gives the agent a configuration that it reads', async () => {
    expect(await theSettings()).toMatchObject({
      state: '/var/lib/axiomrunner/agent',
      cache: { ttl: 60 },
      listen: { address: 'localhost:8787', socket: { path: '/run/axiomrunner/agent.sock', mode: 0o666 } },
      secrets: { 'db-production': { name: 'shop/database' } },
      applications: { shop: { allow: ['db-production'], token_file: '/run/axiomrunner/shop.token', token_file_mode: 0o440 } },
      rotation: { events: { queue_url: outputs['QueueUrl'], region: 'us-east-1' } },
      audit: { sinks: [{ type: 'cloudwatch', log_group: expect.stringContaining('AgentAudit'), region: 'us-east-1' }] },
    });
  });

  it('lets the agent read its secret, and no other', async () => {
    const read = (SecretId: string) => may(account.emulator, agentKeys, 'secretsmanager', 'GetSecretValue', { SecretId });
    expect(await read('shop/database')).toBe('allowed');
    expect(await read('other/database')).toBe('denied');
  });

  it('lets nobody reach the queue without TLS', async () => {
    const message = { QueueUrl: outputs['QueueUrl'] };
    for (const keys of [agentKeys, rootKeys(account)]) {
      expect(await may(account.emulator, keys, 'sqs', 'ReceiveMessage', message)).toBe('denied');
    }
  });
});

describe.each<[string, SecretsManagerEvent[], boolean]>([
  ['a new value, told by Secrets Manager', [labelUpdated('prod/a'), labelUpdated('shop/database')], true],
  [
    'a change, a deletion or a restoration, told by CloudTrail',
    ['PutSecretValue', 'UpdateSecret', 'UpdateSecretVersionStage', 'DeleteSecret', 'RestoreSecret'].map((call) =>
      trailCall(call, 'prod/a'),
    ),
    true,
  ],
  [
    'a call that names the secret by its ARN, with and without its end',
    [trailCall('PutSecretValue', `${ARN}shop/database-a1b2c3`), trailCall('PutSecretValue', `${ARN}shop/database`)],
    true,
  ],
  [
    'a rotation that succeeded or failed, however it is told',
    [serviceEvent('RotationSucceeded', 'shop/database'), serviceEvent('RotationFailed', 'prod/a', 'AWS API Call via CloudTrail')],
    true,
  ],
  [
    'a secret that nobody asked for',
    [
      labelUpdated('other/database'),
      labelUpdated('shop/database-2'),
      trailCall('PutSecretValue', 'other/database'),
      trailCall('PutSecretValue', `${ARN}shop/database2-a1b2c3`),
      serviceEvent('RotationSucceeded', 'other/database'),
    ],
    false,
  ],
  [
    'what changes no value',
    [
      labelUpdated('prod/a', 'BLUE'),
      trailCall('GetSecretValue', 'prod/a'),
      trailCall('TagResource', 'prod/a'),
      serviceEvent('RotationStarted', 'prod/a'),
    ],
    false,
  ],
  ['a call that was refused', [refused(trailCall('PutSecretValue', 'prod/a'))], false],
])('%s', (_, events, taken) => {
  it.each(events.map((event) => [shown(event), event] as const))(
    taken ? 'is sent to the agent: %s' : 'is not sent to the agent: %s',
    async (_text, event) => {
      expect(await isTaken(event)).toBe(taken);
    },
  );
});

/** `PutSecretValue prod/a`. */
function shown({ detail }: SecretsManagerEvent): string {
  if ('labelUpdated' in detail) return `${detail.labelUpdated} ${detail.name}`;
  return `${detail.eventName} ${'additionalEventData' in detail ? detail.additionalEventData.SecretId : detail.requestParameters.secretId}`;
}

function refused(event: ReturnType<typeof trailCall>): SecretsManagerEvent {
  return { ...event, detail: { ...event.detail, ...{ errorCode: 'AccessDenied' } } };
}

it('leaves its log and its audit trail behind, and nothing else', async () => {
  await app.destroy(account, 'SecretAgent');
  const { Rules } = await ask('events', 'ListRules', {});
  const { logGroups } = await ask('logs', 'DescribeLogGroups', {});
  expect([Rules, logGroups]).toEqual([[], [expect.anything(), expect.anything()]]);
}, 60_000);

describe('where permissions are not looked at, because the emulator speaks HTTP and the queue refuses that,', () => {
  let lenient: Account;

  beforeAll(async () => {
    lenient = { emulator: await startAwsEmulator(), id: '123456789012' };
    for (const name of ['shop/database', 'other/database']) await store('CreateSecret', { Name: name, SecretString: '{"password":"one"}' });
    outputs = await app.deploy(lenient, 'SecretAgent');
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
    Object.assign(process.env, lenient.emulator.environment);
  }, 120_000);

  async function store(action: 'CreateSecret' | 'PutSecretValue', input: Record<string, string>): Promise<void> {
    const { status, body } = await secrets(lenient.emulator, rootKeys(lenient), action, input);
    if (status !== 200) throw new Error(body);
  }

  it('the agent is told of the new value of its secret, and of no other', async () => {
    const { QueueUrl = '' } = outputs;
    const faults: string[] = [];
    const heard = new EventEmitter();
    const watch = watchQueue({
      settings: { queue_url: QueueUrl, region: 'us-east-1' },
      network: NETWORK,
      log: createLogger({ level: 'warn', write: (line) => faults.push(line) }),
      handle: async (event) => void heard.emit('event', event),
    });
    try {
      const first = once(heard, 'event');
      for (const SecretId of ['other/database', 'shop/database'])
        await store('PutSecretValue', { SecretId, SecretString: '{"password":"two"}' });
      expect(await first).toEqual([{ kind: 'changed', names: ['shop/database', expect.stringMatching(/:secret:shop\/database-.{6}$/)] }]);
    } finally {
      await watch.close();
    }
    expect(faults).toEqual([]);
  }, 60_000);
});
