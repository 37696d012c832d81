import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { type AwsEmulator, startAwsEmulator } from '@axiom-runner/local-servers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { makeAuthority } from '../../../../local-servers/src/certificates.js';
import { readAgentConfig } from '../../../src/agent/config/read-agent-config.js';
import { openVault } from '../../../src/agent/vaults/open-vault.js';
import { type PairOptions, pair, unpair } from '../../../src/cli/agent/pairing.js';
import { UsageError } from '../../../src/cli/usage-error.js';
import { SettingsError } from '../../../src/config/settings.js';
import { errorOf } from '../../secrets/builders.js';
import { leaveAws, useAws } from '../../support/aws-environment.js';
import { FakeSegura } from '../../support/fake-vendor/segura/segura.js';
import { startTlsFront } from '../../support/fake-vendor/segura/tls-front.js';
import { aLog, aRequest, DIRECT } from '../vaults/builders.js';

const ONE_TIME = 'canary-one-time-token';
const ID = 'db-production';

describe('the pairing of an agent', () => {
  let segura: FakeSegura;
  let folder: string;
  let out: string;
  let err: string;
  beforeEach(async () => {
    segura = await FakeSegura.start();
    segura.oneTimeTokens.add(ONE_TIME);
    folder = await mkdtemp(join(tmpdir(), 'axiom-pairing-'));
    [out, err] = ['', ''];
    await configure(segura.url);
  });
  afterEach(async () => {
    // Whatever a command did, nothing that is secret was shown.
    expect(out + err).not.toContain('canary-');
    await segura.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const file = async (name: string, text: string, mode = 0o600): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, text, { mode });
    await chmod(path, mode);
    return path;
  };
  const configure = (url: string, more = '') =>
    file('agent.yaml', `state: ${join(folder, 'state')}\nvault:\n  type: segura\n  url: ${url}\n${more}`);
  const terminal = {
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
    },
    watched: false,
  };
  const config = () => join(folder, 'agent.yaml');
  const pairing = (options: PairOptions, stdin: readonly string[] = []) =>
    pair({ config: config(), ...options }, terminal, {
      environment: {},
      stdin: (async function* () {
        yield* stdin;
      })(),
    });
  const unpairing = (options: { readonly json?: boolean } = {}) => unpair({ config: config(), ...options }, terminal, { environment: {} });
  const tokenFile = () => file('token', `${ONE_TIME}\n`);
  const stored = async () => JSON.parse(await readFile(join(folder, 'state', 'identity.json'), 'utf8'));
  const opened = async () =>
    openVault(await readAgentConfig(config()), { network: DIRECT, stateFolder: join(folder, 'state'), log: aLog(), environment: {} });
  /** The client that the vault made last. */
  const registered = () => [...segura.clients.keys()].at(-1);

  it('exchanges a one-time token for an identity, signs in, and keeps it', async () => {
    expect(await pairing({ tokenFile: await tokenFile(), name: 'shop-1' })).toBe(0);
    expect(await stored()).toMatchObject({
      kind: 'client',
      vault: segura.url,
      clientId: registered(),
      registration: { uri: expect.stringContaining(segura.url) },
    });
    expect(segura.oneTimeTokens.size).toBe(0);
    expect(segura.vendor.calls).toEqual(['POST /iso/oauth2/register', 'POST /iso/oauth2/token']);
    expect(out).toContain(`Paired with ${segura.url} as ${registered()}; signed in.`);
    expect(err).toBe('');
  });

  it('gives the agent what it needs to read secrets', async () => {
    expect(await errorOf(opened)).toMatchObject({ code: 'SECRET_ACCESS_DENIED', mend: expect.stringContaining('agent pair') });
    await pairing({ tokenFile: await tokenFile() });
    segura.addCredential({ id: ID }).readers.add(registered() ?? '');
    expect(await (await opened()).fetch(aRequest(ID))).toMatchObject({ username: 'produser', password: 'canary-password-1' });
  });

  it('takes the token from standard input, and from the command line with a warning', async () => {
    expect(await pairing({ token: '-', json: true }, ['canary-one-', 'time-token\n'])).toBe(0);
    expect(JSON.parse(out)).toEqual({
      paired: true,
      vault: segura.url,
      kind: 'client',
      clientId: registered(),
      identity: join(folder, 'state', 'identity.json'),
    });
    expect(err).toBe('');
    segura.oneTimeTokens.add(ONE_TIME);
    expect(await pairing({ token: ONE_TIME })).toBe(0);
    expect(err).toContain('--token-file');
  });

  it('leaves what there was when the token is spent, and says so', async () => {
    await pairing({ tokenFile: await tokenFile() });
    const before = await stored();
    const error = await errorOf(async () => pairing({ tokenFile: await tokenFile() }));
    expect(error).toMatchObject({ code: 'SECRET_ACCESS_DENIED', message: expect.stringContaining('one-time token') });
    expect(await stored()).toEqual(before);
  });

  it('keeps nothing, here and in the vault, when it cannot sign in', async () => {
    segura.vendor.arm('server error', 2);
    expect(await errorOf(async () => pairing({ tokenFile: await tokenFile() }))).toMatchObject({ code: 'SECRET_STORE_UNAVAILABLE' });
    expect(segura.vendor.disarm()).toBe(true);
    await expect(stored()).rejects.toMatchObject({ code: 'ENOENT' });
    expect(segura.clients.size).toBe(0);
  });

  it('does not spend the token where the identity could not be kept', async () => {
    await file('state', 'no folder');
    expect(await errorOf(async () => pairing({ tokenFile: await tokenFile() }))).toMatchObject({
      code: 'SECRET_ACCESS_DENIED',
      object: join(folder, 'state'),
    });
    expect(segura.oneTimeTokens).toEqual(new Set([ONE_TIME]));
    expect(segura.vendor.calls).toEqual([]);
  });

  it('sends a one-time token once: nobody knows whether a broken call has spent it', async () => {
    segura.vendor.arm('reset after', 1);
    expect(await errorOf(async () => pairing({ tokenFile: await tokenFile() }))).toMatchObject({ code: 'SECRET_STORE_UNAVAILABLE' });
    expect(segura.vendor.calls).toEqual(['POST /iso/oauth2/register']);
  });

  it('says that the address of registrations may be wrong', async () => {
    await configure(segura.url, '  paths: {register: /register}\n');
    const error = await errorOf(async () => pairing({ tokenFile: await tokenFile() }));
    expect(error).toMatchObject({ code: 'SECRET_ACCESS_DENIED', mend: expect.stringContaining('vault.paths.register') });
  });

  it('takes a client that the vault has already, and makes sure that a secret can be read', async () => {
    const client = segura.addClient({ secret: 'canary-secret' });
    segura.addCredential({ id: ID }, client);
    segura.addCredential({ id: 'closed' });
    const options = { clientId: client.id, clientSecretFile: await file('secret', 'canary-secret\n') };
    expect(await errorOf(() => pairing({ ...options, check: 'closed' }))).toMatchObject({ code: 'SECRET_ACCESS_DENIED', object: 'closed' });
    await expect(stored()).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await pairing({ ...options, check: ID })).toBe(0);
    expect(out).toContain('db-production is readable.');
    const wrong = { ...options, clientSecretFile: await file('wrong', 'canary-wrong') };
    expect(await errorOf(() => pairing(wrong))).toMatchObject({ code: 'SECRET_ACCESS_DENIED' });
    expect(await stored()).toMatchObject({ clientId: client.id, clientSecret: 'canary-secret' });
  });

  it('says which client remains in the vault when another takes its place', async () => {
    await pairing({ tokenFile: await tokenFile() });
    const before = registered();
    const client = segura.addClient({ secret: 'canary-secret' });
    await pairing({ clientId: client.id, clientSecretFile: await file('secret', 'canary-secret') });
    expect(err).toContain(`The vault still has the client ${before}`);
    expect(segura.clients.has(before ?? '')).toBe(true);
  });

  it.each<[string, PairOptions, string]>([
    ['no way', {}, 'Give one of'],
    ['two ways', { token: '-', clientId: 'c', clientSecretFile: 's' }, 'Give one of'],
    ['two tokens', { token: '-', tokenFile: 't' }, 'Give one of'],
    ['a token and a client', { token: '-', clientId: 'c' }, 'Give one of'],
    ['a certificate without its key', { cert: 'c' }, '--cert and --key belong together'],
    ['a secret without its client', { clientSecretFile: 's' }, '--client-secret-file needs --client-id'],
    ['an empty token', { token: '-' }, 'Standard input holds nothing'],
    ['a check of what is no id', { token: '-', check: '../x' }, 'is no id of a secret'],
  ])('refuses %s', async (_, options, words) => {
    const error: unknown = await pairing(options).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).message).toContain(words);
    expect(segura.vendor.calls).toEqual([]);
  });

  it('refuses a token in a file that others can read', async () => {
    const path = await file('token', ONE_TIME, 0o644);
    const error: unknown = await pairing({ tokenFile: path }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SettingsError);
    expect((error as SettingsError).faults).toMatchObject([{ variable: '--token-file', mend: expect.stringContaining('chmod 600') }]);
  });

  describe('that is ended', () => {
    it('ends the client that it registered, and forgets the identity', async () => {
      await pairing({ tokenFile: await tokenFile() });
      out = '';
      expect(await unpairing({ json: true })).toBe(0);
      expect(JSON.parse(out)).toEqual({ removed: true });
      expect(segura.clients.size).toBe(0);
      expect(await unpairing()).toBe(1);
      expect(err).toBe('');
    });

    it('forgets the identity also where the vault does not answer, and says what remains there', async () => {
      await pairing({ tokenFile: await tokenFile() });
      segura.vendor.arm('unavailable', 1);
      expect(await unpairing()).toBe(0);
      expect(segura.vendor.disarm()).toBe(true);
      await expect(stored()).rejects.toMatchObject({ code: 'ENOENT' });
      expect(err).toContain(`(${registered()}): remove it there.`);
    });

    it('forgets an identity that cannot be read any more', async () => {
      await pairing({ tokenFile: await tokenFile() });
      await writeFile(join(folder, 'state', 'identity.json'), '{');
      expect(await unpairing()).toBe(0);
      expect(err).toContain('could not be read');
    });

    it('sends the token of its registration nowhere else', async () => {
      segura.vendor.on('POST', '/elsewhere', () => ({
        status: 201,
        body: {
          client_id: 'agent',
          client_secret: 'canary-secret',
          client_secret_expires_at: 4_102_444_800,
          registration_access_token: 'canary-token',
          registration_client_uri: 'https://example.com/x',
        },
      }));
      segura.addClient({ id: 'agent', secret: 'canary-secret' });
      await configure(segura.url, '  paths: {register: /elsewhere}\n');
      expect(await pairing({ tokenFile: await tokenFile() })).toBe(0);
      expect(out).toContain('until 2100-01-01T00:00:00Z');
      expect(await stored()).not.toHaveProperty('registration');
      expect(await unpairing()).toBe(0);
      expect(err).toContain('(agent): remove it there.');
    });
  });

  describe('by certificate', () => {
    let certificates: string;
    let ca: string;
    let mine: { readonly cert: string; readonly key: string };
    let strange: { readonly cert: string; readonly key: string };
    let server: { readonly cert: string; readonly key: string; readonly clientCa: string };
    let front: Awaited<ReturnType<typeof startTlsFront>>;
    beforeAll(async () => {
      certificates = await mkdtemp(join(tmpdir(), 'axiom-certificates-'));
      const [own, other] = await Promise.all(
        ['own', 'other'].map(async (name) => {
          await mkdir(join(certificates, name));
          return makeAuthority(join(certificates, name));
        }),
      );
      if (own === undefined || other === undefined) throw new Error('no authorities');
      const { certFile, keyFile } = await own.issueServer();
      ca = own.caFile;
      server = { cert: await readFile(certFile, 'utf8'), key: await readFile(keyFile, 'utf8'), clientCa: await readFile(ca, 'utf8') };
      const issued = async (authority: typeof own) => {
        const files = await authority.issueClient('agent-host');
        await chmod(files.keyFile, 0o600);
        return { cert: files.certFile, key: files.keyFile };
      };
      mine = await issued(own);
      strange = await issued(other);
    });
    afterAll(() => rm(certificates, { recursive: true, force: true }));
    beforeEach(async () => {
      front = await startTlsFront(segura.url, server);
      segura.addCredential({ id: ID }, segura.addClient({ id: 'agent-host', commonName: 'agent-host' }));
      await configure(front.url);
    });
    afterEach(() => front.stop());

    it('is mutual with the authority of the vault: the agent shows its certificate and trusts no other vault', async () => {
      expect(await pairing({ ...mine, ca, check: ID })).toBe(0);
      expect(out).toContain(`Paired with ${front.url} as agent-host; signed in.`);
      expect(await stored()).toMatchObject({ kind: 'certificate', clientId: 'agent-host', ca: server.clientCa });
      expect(await (await opened()).fetch(aRequest(ID))).toMatchObject({ password: 'canary-password-1' });
    });

    it('outlasts the files that it was made of', async () => {
      const copy = {
        cert: await file('cert', await readFile(mine.cert, 'utf8')),
        key: await file('key', await readFile(mine.key, 'utf8')),
      };
      await configure(front.url, `  ca: ${ca}\n`);
      await pairing(copy);
      await Promise.all([rm(copy.cert), rm(copy.key)]);
      expect(await (await opened()).fetch(aRequest(ID))).toMatchObject({ password: 'canary-password-1' });
    });

    it('fails with a vault whose authority is not trusted', async () => {
      const error = await errorOf(() => pairing(mine));
      expect(error).toMatchObject({ code: 'SECRET_STORE_UNAVAILABLE', message: expect.stringContaining('TLS') });
      expect(error.mend).toContain('vault.ca');
    });

    it('fails with a certificate that the vault does not know', async () => {
      expect(await errorOf(() => pairing({ ...strange, ca }))).toMatchObject({ code: 'SECRET_ACCESS_DENIED' });
      expect(await errorOf(() => pairing({ ...mine, ca, clientId: 'somebody' }))).toMatchObject({ code: 'SECRET_ACCESS_DENIED' });
      await expect(stored()).rejects.toMatchObject({ code: 'ENOENT' });
    });

    it.each<[string, () => Promise<PairOptions>, string, string]>([
      [
        'a key that others can read',
        async () => ({ ...mine, key: await file('open', await readFile(mine.key, 'utf8'), 0o640) }),
        '--key',
        'open to others',
      ],
      ['a key of another certificate', async () => ({ ...mine, key: strange.key }), '--key', 'is not the key of'],
      ['a key that is none', async () => ({ ...mine, key: await file('none', 'canary-none') }), '--key', 'is no private key'],
      ['a certificate that is none', async () => ({ ...mine, cert: await file('none', 'canary-none') }), '--cert', 'is no certificate'],
      ['a certificate that is not there', async () => ({ ...mine, cert: '/nonexistent' }), '--cert', 'cannot be read'],
      ['an authority that is none', async () => ({ ...mine, ca: await file('none', 'canary-none') }), '--ca', 'is no certificate'],
    ])('refuses %s', async (_, options, variable, words) => {
      const error: unknown = await pairing(await options()).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(SettingsError);
      expect((error as SettingsError).faults).toMatchObject([{ variable, found: expect.stringContaining(words) }]);
      expect((error as SettingsError).message).not.toContain('canary-');
    });
  });

  describe('in AWS', () => {
    let emulator: AwsEmulator;
    beforeAll(async () => {
      emulator = await startAwsEmulator();
      useAws(emulator.environment);
    });
    afterAll(async () => {
      leaveAws();
      await emulator.stop();
    });

    it('is nothing where the vault is Secrets Manager: the agent signs in', async () => {
      await file('agent.yaml', `state: ${join(folder, 'state')}\n`);
      expect(await pairing({ json: true })).toBe(0);
      expect(JSON.parse(out)).toEqual({
        paired: false,
        vault: 'aws-secrets-manager',
        signedInAs: 'arn:aws:iam::123456789012:root in us-east-1',
      });
      expect(await errorOf(() => pairing({ check: 'none' }))).toMatchObject({ code: 'SECRET_NOT_FOUND', object: 'none' });
      await expect(pairing({ token: '-' })).rejects.toThrow('set vault.type to segura');
      await expect(unpairing()).rejects.toThrow(UsageError);
    });

    it('keeps the identity encrypted where the configuration names a key', async () => {
      const kms = new KMSClient({});
      const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
      kms.destroy();
      await configure(segura.url, `identity:\n  kms_key_id: ${KeyMetadata?.KeyId}\n`);
      await pairing({ tokenFile: await tokenFile() });
      expect(JSON.stringify(await stored())).not.toContain('canary-');
      expect(await (await opened()).test(new AbortController().signal)).toContain(registered());
    });
  });
});
