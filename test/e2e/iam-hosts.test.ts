import { stopAll } from '@axiom-runner/local-servers';
import { json, type Keys, query } from '../../local-servers/test/aws-call.js';
import { projectedToken, type TokenClaims } from './support/identities.js';
import {
  administratorKeys,
  assumeRole,
  deployRunnerRoles,
  HOST_NAMES,
  may,
  openToItsAccount,
  type RunnerRoles,
  rootKeys,
  sessionKeys,
  type Verdict,
  verdictOf,
} from './support/runner-roles.js';

const EXTERNAL_ID = 'e2e-external-id';
const GRANTED = 'axiom-security/github/1';
const INTEGRATION_SECRETS = [GRANTED, 'axiom-security/postgresql/db.example.com'];
const OTHER_SECRETS = ['billing/database', 'axiom-security-2/github/1', 'x/axiom-security/github/1'];
const proxyRole = (name: string) => `arn:aws:iam::444455556666:role/${name}`;
const POD: TokenClaims = {
  issuer: 'oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE',
  namespace: 'open',
  serviceAccount: 'axiom-runner',
  audience: 'sts.amazonaws.com',
};

let roles: RunnerRoles;
let administrator: Keys;

beforeAll(async () => {
  roles = await deployRunnerRoles();
  administrator = await administratorKeys(roles.runnerAccount);
  for (const account of [roles.runnerAccount, roles.storeAccount]) {
    for (const Name of [...INTEGRATION_SECRETS, ...OTHER_SECRETS]) {
      await json(roles.emulator, rootKeys(account), 'secretsmanager', 'CreateSecret', { Name, SecretString: '{}' });
    }
  }
}, 180_000);
afterAll(async () => {
  await roles?.dispose();
  await stopAll();
});

const read = (keys: Keys, SecretId: string) => may(roles.emulator, keys, 'secretsmanager', 'GetSecretValue', { SecretId });
const assume = async (keys: Keys, role: string, externalId?: string) => verdictOf(await assumeRole(roles.emulator, keys, role, externalId));
const useLedger = (keys: Keys, TableName: string | undefined) => {
  const Key = { system: { S: 'github/1' }, entry: { S: '1' } };
  return may(roles.emulator, keys, 'dynamodb', 'GetItem', { TableName, Key });
};
/** Verdicts on several names, by name. */
const each = async (names: readonly string[], ask: (name: string) => Promise<Verdict>) =>
  Object.fromEntries(await Promise.all(names.map(async (name) => [name, await ask(name)])));
const all = (names: readonly string[], verdict: Verdict) => Object.fromEntries(names.map((name) => [name, verdict]));

describe('who can take the role', () => {
  it.each(HOST_NAMES)('of a runner on %s: not even an administrator of its account', async (host) => {
    for (const { roleArn } of Object.values(roles.hosts[host])) {
      expect(await assume(administrator, roleArn)).toBe('denied');
    }
  });

  it.each<[string, Partial<TokenClaims>, Verdict]>([
    ["the runner's pod", {}, 'allowed'],
    ['another service account', { serviceAccount: 'default' }, 'denied'],
    ['the service account of this name in another namespace', { namespace: 'narrow' }, 'denied'],
    ['another audience', { audience: 'https://kubernetes.default.svc' }, 'denied'],
    ['another cluster', { issuer: 'oidc.eks.us-east-1.amazonaws.com/id/OTHER' }, 'denied'],
  ])('of a runner on irsa, with the token of %s', async (_, claims, verdict) => {
    const token = projectedToken({ ...POD, ...claims });
    const request = { RoleArn: roles.hosts.irsa.open.roleArn, RoleSessionName: 'runner', WebIdentityToken: token };
    expect(verdictOf(await query(roles.emulator, administrator, 'sts', { Action: 'AssumeRoleWithWebIdentity', ...request }))).toBe(verdict);
  });
});

/** What somebody has who got the role. */
async function keysOf(roleArn: string): Promise<Keys> {
  await openToItsAccount(roles.runnerAccount, roleArn);
  return sessionKeys(await assumeRole(roles.emulator, administrator, roleArn));
}

describe.each(HOST_NAMES)('a runner on %s', (host) => {
  let open: Keys;
  let narrow: Keys;
  beforeAll(async () => {
    open = await keysOf(roles.hosts[host].open.roleArn);
    narrow = await keysOf(roles.hosts[host].narrow.roleArn);
  });

  it('reads every integration secret of its account, and no other secret', async () => {
    expect(await each(INTEGRATION_SECRETS, (name) => read(open, name))).toEqual(all(INTEGRATION_SECRETS, 'allowed'));
    expect(await each(OTHER_SECRETS, (name) => read(open, name))).toEqual(all(OTHER_SECRETS, 'denied'));
  });

  it('lists no secrets, and changes, makes and deletes none', async () => {
    const calls = {
      ListSecrets: {},
      PutSecretValue: { SecretId: GRANTED, SecretString: '{}' },
      UpdateSecret: { SecretId: GRANTED, SecretString: '{}' },
      DeleteSecret: { SecretId: GRANTED },
      CreateSecret: { Name: 'axiom-security/github/2', SecretString: '{}' },
    };
    const verdicts = Object.entries(calls).map(async ([action, input]) => [
      action,
      await may(roles.emulator, open, 'secretsmanager', action, input),
    ]);
    expect(Object.fromEntries(await Promise.all(verdicts))).toEqual(all(Object.keys(calls), 'denied'));
  });

  it('reads the API key and the state key of its own group, and not those of another', async () => {
    const { open: own, narrow: others } = roles.hosts[host];
    const ownKeys = [own.apiKey, own.stateKey];
    const othersKeys = [others.apiKey, others.stateKey];
    expect(await each(ownKeys, (name) => read(open, name))).toEqual(all(ownKeys, 'allowed'));
    expect(await each(othersKeys, (name) => read(open, name))).toEqual(all(othersKeys, 'denied'));
  });

  it('after a grant reads that integration secret only', async () => {
    const [, other = ''] = INTEGRATION_SECRETS;
    expect(await each(INTEGRATION_SECRETS, (name) => read(narrow, name))).toEqual({ [GRANTED]: 'allowed', [other]: 'denied' });
  });

  it.each<[string, string, string | undefined, Verdict]>([
    ['a proxy role with its external id', 'Axiom-Security-SecretsManagerRole', EXTERNAL_ID, 'allowed'],
    ['another proxy role', 'Axiom-Security-Another', EXTERNAL_ID, 'allowed'],
    ['a proxy role with a wrong external id', 'Axiom-Security-SecretsManagerRole', `${EXTERNAL_ID}0`, 'denied'],
    ['a proxy role without external id', 'Axiom-Security-SecretsManagerRole', undefined, 'denied'],
    ['a role that trusts it and has another name', 'SecretsReader', EXTERNAL_ID, 'denied'],
  ])('by default assumes %s', async (_, role, externalId, verdict) => {
    expect(await assume(open, proxyRole(role), externalId)).toBe(verdict);
  });

  it('assumes the one proxy role that it was given, reads through it, and assumes no other', async () => {
    const answer = await assumeRole(roles.emulator, narrow, proxyRole('Axiom-Security-SecretsManagerRole'), EXTERNAL_ID);
    expect(await each(INTEGRATION_SECRETS, (name) => read(sessionKeys(answer), name))).toEqual(all(INTEGRATION_SECRETS, 'allowed'));
    expect(await each(OTHER_SECRETS, (name) => read(sessionKeys(answer), name))).toEqual(all(OTHER_SECRETS, 'denied'));
    expect(await assume(narrow, proxyRole('Axiom-Security-Another'), EXTERNAL_ID)).toBe('denied');
  });

  it('uses its ledger, and none when none was made', async () => {
    const { ledger } = roles.hosts[host].narrow;
    expect(await useLedger(narrow, ledger)).toBe('allowed');
    expect(await useLedger(open, ledger)).toBe('denied');
    expect(await may(roles.emulator, narrow, 'dynamodb', 'Scan', { TableName: ledger })).toBe('denied');
    expect(roles.hosts[host].open.ledger).toBeUndefined();
  });
});

it('what starts a task on ECS reads no secret at all', async () => {
  const { executionRoleArn = '', apiKey, stateKey } = roles.hosts.ecs.open;
  const keys = await keysOf(executionRoleArn);
  const secrets = [...INTEGRATION_SECRETS, apiKey, stateKey];
  expect(await each(secrets, (name) => read(keys, name))).toEqual(all(secrets, 'denied'));
});
