import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { decodeJwt, decodeProtectedHeader, generateKeyPair, SignJWT } from 'jose';
import { issueOperatorKey } from '../src/api-keys.js';
import {
  connectedRunners,
  createGroup,
  createNamespace,
  type GroupWithKey,
  type Home,
  type KeySetServer,
  openLink,
  rotateApiKey,
  serveKeySet,
  serveResults,
  startTask,
  verificationKeySet,
} from '../src/index.js';
import { type AuthorizingTemporal, findAuthorizingTemporal, startAuthorizingTemporal } from './support/authorizing-temporal.js';
import { startFakeRunner } from './support/fake-runner.js';
import { removeFolders, temporaryHome } from './support/homes.js';
import { axiomctl } from './support/terminal.js';

const run = promisify(execFile);

const found = await findAuthorizingTemporal();
if ('missing' in found) process.stderr.write(`SKIPPED "API keys against Temporal's own authorizer": ${found.missing}\n`);
const suite = 'path' in found ? describe : describe.skip;

suite("API keys against Temporal's own authorizer", () => {
  let server: AuthorizingTemporal;
  let acme: Home;
  let other: Home;
  let group: GroupWithKey;
  let othersGroup: GroupWithKey;
  const keySets: KeySetServer[] = [];

  beforeAll(async () => {
    acme = await temporaryHome();
    other = await temporaryHome({ tenantId: 'other' });
    group = await createGroup(acme, { name: 'eu' });
    othersGroup = await createGroup(other, { name: 'eu' });
    for (const home of [acme, other]) keySets.push(await serveKeySet(home, '127.0.0.1:0'));
    server = await startAuthorizingTemporal(
      'path' in found ? found.path : '',
      keySets.map(({ url }) => url),
    );
    acme = at(server, acme);
    other = at(server, other);
    await eventually(() => createNamespace(acme));
    await createNamespace(other);
  }, 120_000);

  afterAll(async () => {
    await server?.stop();
    await Promise.all(keySets.map((keySet) => keySet.stop()));
    await removeFolders();
  }, 60_000);

  it("accepts a group's key for its namespace: its runner takes a task and delivers the result", async () => {
    const stopRunner = await startFakeRunner({
      address: server.address,
      namespace: 'acme',
      groupId: group.group.id,
      apiKey: group.apiKey,
      verificationKeys: await verificationKeySet(acme),
    });
    const tested = await axiomctl(
      ['test-connection', 'postgresql/db', '--home', acme.folder, '--address', server.address, '--tls', 'off', '--json'],
      {},
    );
    const link = await openLink(acme);
    const runners = await connectedRunners(link, group.group.id);
    await link.close();
    await stopRunner();
    expect(tested).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(tested.out)).toMatchObject({ passed: true });
    expect(runners).toHaveLength(1);
  }, 60_000);

  it('registers a namespace once', async () => {
    const argv = ['namespace', 'create', '--home', acme.folder, '--address', server.address, '--tls', 'off'];
    expect(await axiomctl(argv)).toMatchObject({ code: 0, out: 'acme was registered already.\n' });
  }, 60_000);

  it.each<[string, () => Promise<string> | string]>([
    ['a key of another tenant', () => othersGroup.apiKey],
    ['no key', () => ''],
    ['garbage', () => 'garbage'],
    ['a key with the same claims, signed by another key', () => forge({})],
    ['a key that was altered', () => altered(group.apiKey)],
    ['a key that has expired', () => issueOperatorKey(acme, 'write', -60)],
    ['a key without a signature', () => unsigned(group.apiKey)],
  ])(
    'refuses %s, for sending tasks and for polling a queue, and says so',
    async (_, makeKey) => {
      const apiKey = await makeKey();
      const refused = { message: `${server.address} refuses the API key for namespace acme.`, exitCode: 1 };
      await expect(sendTask(acme, group, apiKey)).rejects.toMatchObject(refused);
      await expect(serveResults(acme, { apiKey })).rejects.toMatchObject(refused);
    },
    60_000,
  );

  it('refuses a group key for what only an administrator may do', async () => {
    await expect(createNamespace(acme, 7, { apiKey: group.apiKey })).rejects.toThrow(/refuses the API key/);
  }, 60_000);

  it('sees a new key and the end of the old one', async () => {
    const first = await createGroup(acme, { name: 'rotated' });
    await eventually(() => expectAccepted(acme, first.apiKey));
    const second = await rotateApiKey(acme, first.group.id, 0);
    await eventually(() => expectAccepted(acme, second.apiKey));
    await eventually(() => expectRefused(acme, first.apiKey));
  }, 90_000);

  it.each<[string, () => string]>([
    ['another tenant', () => othersGroup.apiKey],
    ['nobody', () => 'garbage'],
  ])(
    'ends the command with exit code 1 when the key is of %s',
    async (_, makeKey) => {
      const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
      const argv = ['sweep', '--group', group.group.id, '--home', acme.folder, '--address', server.address, '--tls', 'off'];
      const env = { ...process.env, AXIOM_API_KEY: makeKey() };
      const outcome = await run(process.execPath, ['--import', 'tsx', main, ...argv], { env }).catch((error: unknown) => error);
      expect(outcome).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringMatching(/refuses the API key for namespace acme.\nTo mend: .*keys jwks/),
      });
      expect(JSON.stringify(outcome)).not.toContain(makeKey());
    },
    60_000,
  );

  /** A key with the header and claims of the group's key, made with another key pair. */
  async function forge(more: object): Promise<string> {
    const { privateKey } = await generateKeyPair('ES256');
    const header = decodeProtectedHeader(group.apiKey);
    return new SignJWT({ ...decodeJwt(group.apiKey), ...more }).setProtectedHeader({ ...header, alg: 'ES256' }).sign(privateKey);
  }
});

/** The key with the permission of an administrator written into it. */
function altered(apiKey: string): string {
  const [header, , signature] = apiKey.split('.');
  const payload = Buffer.from(JSON.stringify({ ...decodeJwt(apiKey), permissions: ['acme:admin'] })).toString('base64url');
  return [header, payload, signature].join('.');
}

/** The key as an unsecured JWT (RFC 7519 6). */
function unsigned(apiKey: string): string {
  const [, payload] = apiKey.split('.');
  return [Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url'), payload, ''].join('.');
}

function at({ address }: AuthorizingTemporal, home: Home): Home {
  return { ...home, settings: { ...home.settings, address } };
}

async function sendTask(home: Home, { group }: GroupWithKey, apiKey: string): Promise<void> {
  const link = await openLink(home, { apiKey });
  try {
    await startTask(link, group, { type: 'SweepOrphans' });
  } finally {
    await link.close();
  }
}

async function expectAccepted(home: Home, apiKey: string): Promise<void> {
  const link = await openLink(home, { apiKey });
  try {
    await connectedRunners(link, 'any');
  } finally {
    await link.close();
  }
}

async function expectRefused(home: Home, apiKey: string): Promise<void> {
  await expect(expectAccepted(home, apiKey)).rejects.toThrow(/refuses the API key/);
}

/** Repeats something until it works; servers read keys and namespaces at intervals. */
async function eventually<T>(action: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      return await action();
    } catch (error) {
      if (Date.now() >= deadline) throw error;
      await sleep(250);
    }
  }
}
