import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { agentSettingsSchema, type SeguraVaultSettings } from '../../../src/agent/config/agent-settings.js';
import type { Identity } from '../../../src/agent/pairing/identity.js';
import { openSegura } from '../../../src/agent/vaults/segura/open-segura.js';
import type { Vault } from '../../../src/agent/vaults/vault.js';
import type { SettingsError } from '../../../src/config/settings.js';
import { errorOf } from '../../secrets/builders.js';
import { FakeSegura, type SeguraClient } from '../../support/fake-vendor/segura/segura.js';
import { aLog, aRequest, DIRECT } from './builders.js';

const ID = 'db-production';
const PASSWORD = 'canary-password-1';
const SECRET = 'canary-client-secret';

describe('the Segura vault', () => {
  let segura: FakeSegura;
  let agent: SeguraClient;
  let log: ReturnType<typeof aLog>;
  let now: number;
  beforeEach(async () => {
    segura = await FakeSegura.start();
    now = Date.now();
    segura.now = () => now;
    agent = segura.addClient({ secret: SECRET });
    segura.addCredential({ id: ID }, agent);
    log = aLog();
  });
  afterEach(() => segura.stop());

  const settingsOf = (vault: object = {}): SeguraVaultSettings => {
    const settings = agentSettingsSchema.parse({ vault: { type: 'segura', url: segura.url, ...vault } }).vault;
    if (settings.type !== 'segura') throw new Error('another vault');
    return settings;
  };
  const identity = (more: Partial<Identity> = {}) =>
    ({ kind: 'client', vault: segura.url, clientId: agent.id, clientSecret: SECRET, ...more }) as Identity;
  const open = ({
    vault = {},
    as = {},
    timeoutMs = 15_000,
  }: {
    vault?: object;
    as?: Partial<Identity>;
    timeoutMs?: number;
  } = {}): Promise<Vault> => openSegura(settingsOf(vault), identity(as), { network: DIRECT, timeoutMs, log, now: () => now });
  const refusal = async (vault: Promise<Vault> = open(), id = ID) => errorOf(async () => (await vault).fetch(aRequest(id)));
  const tokenCalls = () => segura.vendor.calls.filter((call) => call.includes('/oauth2/token')).length;
  const reads = () => segura.vendor.calls.filter((call) => call.startsWith('GET')).length;

  it('gives user name and password of a credential', async () => {
    const vault = await open();
    expect(await vault.fetch(aRequest(ID))).toEqual({
      username: 'produser',
      password: PASSWORD,
      version: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(vault).toMatchObject({ name: 'segura', perApplication: false });
    expect(segura.vendor.calls).toEqual(['POST /iso/oauth2/token', `GET /api/pam/credential/${ID}`]);
  });

  it('takes the content where there is no password, and other fields and names where the configuration says so', async () => {
    segura.addCredential({ id: 'key', password: null, content: 'canary-content' }, agent);
    const vault = await open();
    expect(await vault.fetch(aRequest('key'))).toMatchObject({ password: 'canary-content' });
    const settings = { name: ID, username: 'fixed', password_field: 'hostname' };
    expect(await vault.fetch(aRequest('prod/db', { settings }))).toMatchObject({ username: 'fixed', password: 'db.example.com' });
    segura.addCredential({ id: 'empty', password: null, content: null }, agent);
    expect(await refusal(open(), 'empty')).toMatchObject({ code: 'SECRET_MALFORMED' });
  });

  it('asks for an id as one segment of the path, and for no other path', async () => {
    segura.addCredential({ id: 'user@host/with slash?#' }, agent);
    const vault = await open();
    const settings = { name: 'user@host/with slash?#' };
    expect(await vault.fetch(aRequest('odd', { settings }))).toMatchObject({ password: PASSWORD });
    const upwards = await errorOf(() => vault.fetch(aRequest('odd', { settings: { name: '..' } })));
    expect(upwards).toMatchObject({ code: 'SECRET_NOT_FOUND' });
    expect(reads()).toBe(1);
  });

  it('names equal values equally and others otherwise, in a way that helps nobody to guess', async () => {
    const vault = await open();
    const first = await vault.fetch(aRequest(ID));
    expect((await vault.fetch(aRequest(ID))).version).toBe(first.version);
    expect((await (await open()).fetch(aRequest(ID))).version).not.toBe(first.version);
    segura.change(ID, 'canary-password-2');
    const second = await vault.fetch(aRequest(ID));
    expect(second.password).toBe('canary-password-2');
    expect(second.version).not.toBe(first.version);
  });

  it.each<[string | null, string | undefined]>([
    ['2100-01-16T17:31:39', '2100-01-16T17:31:39.000Z'],
    ['2100-01-16 17:31:39', '2100-01-16T17:31:39.000Z'],
    ['2100-01-16T17:31:39-03:00', '2100-01-16T20:31:39.000Z'],
    ['2021-01-16T17:31:39', undefined],
    ['never', undefined],
    [null, undefined],
  ])('takes the expiration time %s for %s', async (expirationTime, expected) => {
    segura.addCredential({ id: 'ending', expirationTime }, agent);
    const { expiresAt } = await (await open()).fetch(aRequest('ending'));
    expect(expiresAt === undefined ? undefined : new Date(expiresAt).toISOString()).toBe(expected);
  });

  describe('its sign-in', () => {
    it('is shared by all who ask at once, and kept until shortly before its end', async () => {
      const vault = await open();
      await Promise.all(Array.from({ length: 20 }, () => vault.fetch(aRequest(ID))));
      expect(tokenCalls()).toBe(1);
      now += 3_530_000;
      await vault.fetch(aRequest(ID));
      expect(tokenCalls()).toBe(1);
      now += 15_000;
      await vault.fetch(aRequest(ID));
      expect(tokenCalls()).toBe(2);
      await vault.close();
      await vault.fetch(aRequest(ID));
      expect(tokenCalls()).toBe(3);
    });

    it('is renewed once where the vault ended it before its time', async () => {
      const vault = await open();
      await vault.fetch(aRequest(ID));
      segura.tokens.clear();
      await Promise.all(Array.from({ length: 8 }, () => vault.fetch(aRequest(ID))));
      expect(tokenCalls()).toBe(2);
    });

    it.each(['v1', 'v2'])('ends in a refusal when the renewed one is not taken either (%s)', async (api) => {
      const vault = await open({ vault: { api } });
      await vault.fetch(aRequest(ID));
      const clientOf = segura.clientOf.bind(segura);
      segura.clientOf = () => undefined;
      expect(await refusal(Promise.resolve(vault))).toMatchObject({ code: 'SECRET_ACCESS_DENIED', retryable: false });
      expect(tokenCalls()).toBe(2);
      expect(reads()).toBe(3);
      segura.clientOf = clientOf;
    });

    it('says that the address may be wrong as well as the authentication, because the vault answers both alike', async () => {
      const wrongSecret = await refusal(open({ as: { clientSecret: 'canary-wrong' } }));
      const wrongAddress = await refusal(open({ vault: { paths: { token: '/api/oauth2/tokens' } } }));
      for (const error of [wrongSecret, wrongAddress]) {
        expect(error).toMatchObject({
          code: 'SECRET_ACCESS_DENIED',
          message: expect.stringContaining('either the address is wrong, or the authentication failed'),
        });
        expect(error.mend).toContain('vault.paths.token');
      }
      const wrongPath = await refusal(open({ vault: { paths: { credential: '/api/credential' } } }));
      expect(wrongPath.mend).toContain('vault.paths.credential');
    });

    it('says as whom', async () => {
      expect(await (await open()).test(new AbortController().signal)).toBe(`${agent.id} at ${segura.url}`);
    });

    it('is not ended for others by one who gives up', async () => {
      let release = () => {};
      segura.held = new Promise((resolve) => {
        release = resolve;
      });
      const vault = await open();
      const impatient = new AbortController();
      const given = vault.fetch(aRequest(ID, { signal: impatient.signal }));
      const patient = vault.fetch(aRequest(ID));
      impatient.abort(new Error('gave up'));
      await expect(given).rejects.toThrow('gave up');
      release();
      expect((await patient).password).toBe(PASSWORD);
      expect(tokenCalls()).toBe(1);
    });
  });

  it.each([
    ['an unknown credential', () => 'none', 'SECRET_NOT_FOUND'],
    ['a credential of others', () => segura.addCredential({ id: 'closed' }).id, 'SECRET_ACCESS_DENIED'],
  ])('refuses %s alike in both versions', async (_, id, code) => {
    for (const api of ['v1', 'v2']) {
      const error = await refusal(open({ vault: { api } }), id());
      expect(error).toMatchObject({ code, retryable: false, object: id() });
      expect(error.mend).not.toBe('');
    }
  });

  it('takes an error in an answer of status 200 for an error', async () => {
    segura.vendor.on('GET', '/odd/:id', () => ({
      status: 200,
      body: { response: { status: 400, message: '1020: odd', error: true, error_code: 1_020 } },
    }));
    const error = await refusal(open({ vault: { paths: { credential: '/odd' } } }));
    expect(error).toMatchObject({ code: 'SECRET_ACCESS_DENIED', message: expect.stringContaining('error 1020') });
  });

  it.each([
    ['of text', { status: 404, message: '1007: Credential not found', error: 'true' }, 'SECRET_NOT_FOUND'],
    ['in its status alone', { status: 404, message: 'no such credential', error: false }, 'SECRET_NOT_FOUND'],
    ['beside other members that are odd', { message: { en: 'denied' }, error: true, error_code: [] }, 'SECRET_ACCESS_DENIED'],
    ['with a credential', { status: 403, error: true, message: 'denied' }, 'SECRET_ACCESS_DENIED'],
  ])('takes an error %s for a no rather than for silence, in which the cache may speak', async (_, response, code) => {
    segura.vendor.on('GET', '/odd/:id', () => ({
      status: 200,
      body: { response, credential: code === 'SECRET_NOT_FOUND' ? null : { username: 'u', password: 'canary' } },
    }));
    expect(await refusal(open({ vault: { paths: { credential: '/odd' } } }))).toMatchObject({ code, retryable: false });
  });

  it.each([
    ['server error', 'SECRET_STORE_UNAVAILABLE'],
    ['unavailable', 'SECRET_STORE_UNAVAILABLE'],
    ['wrong JSON', 'SECRET_STORE_UNAVAILABLE'],
    ['rate limit', 'RATE_LIMITED'],
  ] as const)('can be tried again after %s, at the token and at the credential', async (fault, code) => {
    for (const atCall of [1, 2]) {
      segura.vendor.arm(fault, atCall);
      expect(await refusal()).toMatchObject({ code, retryable: true });
      expect(segura.vendor.disarm()).toBe(true);
    }
  });

  it.each(['reset before', 'reset after', 'truncated body', 'expired token'] as const)(
    'overcomes one %s at a credential',
    async (fault) => {
      segura.vendor.arm(fault, 2);
      expect(await (await open()).fetch(aRequest(ID))).toMatchObject({ password: PASSWORD });
      expect(segura.vendor.disarm()).toBe(true);
    },
  );

  it('tells how long to wait where its rate limit is used up', async () => {
    segura.vendor.arm('rate limit', 2);
    expect(await refusal()).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 7_000 });
    segura.callsLeft = 0;
    const { code, retryAfterMs = 0 } = await refusal(open({ vault: { api: 'v2' } }));
    expect(code).toBe('RATE_LIMITED');
    expect(retryAfterMs).toBeGreaterThan(29_000);
    expect(retryAfterMs).toBeLessThanOrEqual(31_000);
  });

  it('does not wait for a vault that hangs longer than it may', async () => {
    segura.held = new Promise(() => {});
    expect(await refusal(open({ timeoutMs: 50 }))).toMatchObject({ code: 'SECRET_STORE_UNAVAILABLE', retryable: true });
  });

  it('gives up with who asked', async () => {
    const vault = await open();
    await vault.test(new AbortController().signal);
    segura.held = new Promise(() => {});
    const asking = new AbortController();
    const asked = vault.fetch(aRequest(ID, { signal: asking.signal }));
    asking.abort(new Error('nobody waits'));
    await expect(asked).rejects.toThrow('nobody waits');
  });

  it('refuses an answer that is larger than any credential', async () => {
    segura.addCredential({ id: 'huge', password: 'x'.repeat(1_100_000) }, agent);
    expect(await refusal(open(), 'huge')).toMatchObject({ code: 'SECRET_MALFORMED' });
  });

  it('says who cannot be reached', async () => {
    const vault = await open();
    const { host } = new URL(segura.url);
    await segura.stop();
    const error = await refusal(Promise.resolve(vault));
    expect(error).toMatchObject({ code: 'SECRET_STORE_UNAVAILABLE', object: host });
    segura = await FakeSegura.start();
  });

  it('follows no redirect with its token', async () => {
    segura.vendor.on('GET', '/away/:id', () => ({ status: 302, headers: { location: `${segura.url}/api/pam/credential/${ID}` } }));
    expect(await refusal(open({ vault: { paths: { credential: '/away' } } }))).toMatchObject({ code: 'SECRET_STORE_UNAVAILABLE' });
    expect(reads()).toBe(1);
  });

  describe('in version 2', () => {
    const two = { vault: { api: 'v2' } };

    it("names versions by the vault's own tags", async () => {
      const vault = await open(two);
      expect(await vault.fetch(aRequest(ID))).toEqual({ username: 'produser', password: PASSWORD, version: '"revision-1"' });
      expect(await vault.versionOf?.(aRequest(ID))).toBe('"revision-1"');
    });

    it('answers with what is known where the vault says that it is unchanged, and anew where it changed', async () => {
      const vault = await open(two);
      const known = await vault.fetch(aRequest(ID));
      expect(await vault.fetch(aRequest(ID, { known: { ...known, password: 'known' } }))).toEqual({ ...known, password: 'known' });
      expect(await vault.fetch(aRequest(ID, { known: { ...known, expiresAt: now - 1 } }))).toEqual(known);
      segura.change(ID, 'canary-password-2');
      expect(await vault.fetch(aRequest(ID, { known }))).toMatchObject({ password: 'canary-password-2', version: '"revision-2"' });
    });

    it('notices that what it knows was denied or deleted', async () => {
      const vault = await open(two);
      const known = await vault.fetch(aRequest(ID));
      segura.credentials.get(ID)?.readers.clear();
      expect(await errorOf(() => vault.fetch(aRequest(ID, { known })))).toMatchObject({ code: 'SECRET_ACCESS_DENIED' });
      segura.credentials.delete(ID);
      expect(await errorOf(() => vault.fetch(aRequest(ID, { known })))).toMatchObject({ code: 'SECRET_NOT_FOUND' });
    });

    it('says so where the interface shows no passwords', async () => {
      segura.showsPasswordsInVersion2 = false;
      const error = await refusal(open(two));
      expect(error).toMatchObject({ code: 'SECRET_MALFORMED', object: ID });
      expect(error.mend).toContain('vault.api to v1');
    });

    it('logs the id of each request and of its answer', async () => {
      await (await open(two)).fetch(aRequest(ID));
      const [line] = log.lines.map((text): Record<string, unknown> => JSON.parse(text));
      expect(line).toMatchObject({
        level: 'debug',
        status: 200,
        request: expect.stringMatching(/^[0-9a-f-]{36}$/),
        vaultRequest: expect.stringMatching(/^[0-9a-f-]{36}$/),
      });
    });
  });

  it('is asked for its version by nobody in version 1, which has none', async () => {
    expect((await open()).versionOf).toBeUndefined();
  });

  it.each([
    ['a query', { url: 'https://vault.example.com/?x=1' }, 'vault.url'],
    ['another host without TLS', { url: 'http://vault.example.com' }, 'vault.url'],
    ['a path that is none', { paths: { token: 'iso/oauth2/token' } }, 'vault.paths.token'],
    ['a path to another host', { paths: { credential: '//vault.example.com/credential' } }, 'vault.paths.credential'],
    ['a path upwards', { paths: { credential: '/api/../credential' } }, 'vault.paths.credential'],
    ['an authority that is not there', { ca: '/nonexistent/ca.pem' }, 'vault.ca'],
  ])('refuses %s in its settings', async (_, vault, variable) => {
    await expect(open({ vault }).catch(({ faults }: SettingsError) => faults)).resolves.toMatchObject([{ variable }]);
  });

  it('shows the identity to no other vault than its own', async () => {
    const error = await errorOf(() => open({ as: { vault: 'https://vault.example.com' } }));
    expect(error).toMatchObject({ code: 'SECRET_ACCESS_DENIED', object: 'https://vault.example.com' });
    expect(segura.vendor.calls).toEqual([]);
  });

  it('never shows a password, a token or the secret of the client', async () => {
    const vault = await open();
    await vault.fetch(aRequest(ID));
    const errors = [
      await refusal(open(), 'none'),
      await refusal(open({ as: { clientSecret: 'canary-wrong' } })),
      await errorOf(() => vault.fetch(aRequest(ID, { settings: { password_field: 'pin' } }))),
    ];
    const shown = [...errors.map((error) => `${error.stack} ${JSON.stringify(error)} ${JSON.stringify(error.cause)}`), ...log.lines].join(
      '\n',
    );
    expect(shown).not.toContain('canary-');
    expect(shown).not.toContain("the vendor's own words");
  });
});
