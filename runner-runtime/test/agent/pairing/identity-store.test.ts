import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateKeyCommand, KMSClient, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms';
import { type AwsEmulator, freePort, startAwsEmulator } from '@axiom-runner/local-servers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Identity } from '../../../src/agent/pairing/identity.js';
import { openIdentityStore } from '../../../src/agent/pairing/identity-store.js';
import { kmsCipher } from '../../../src/agent/pairing/kms-cipher.js';
import { errorOf } from '../../secrets/builders.js';
import { leaveAws, useAws } from '../../support/aws-environment.js';
import { DIRECT } from '../vaults/builders.js';

const IDENTITY: Identity = { kind: 'client', vault: 'https://vault.example.com', clientId: 'agent', clientSecret: 'canary-client-secret' };

describe('the identity of an agent', () => {
  let root: string;
  let folder: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'axiom-identity-'));
    folder = join(root, 'state');
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const open = (more: Partial<Parameters<typeof openIdentityStore>[0]> = {}) => openIdentityStore({ folder, ...more });

  it('is kept for nobody else to read', async () => {
    const store = await open();
    expect(await store.read()).toBeUndefined();
    await store.write(IDENTITY);
    expect(await store.read()).toEqual(IDENTITY);
    expect((await stat(store.path)).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  it('is gone when it was removed', async () => {
    const store = await open();
    expect(await store.remove()).toBe(false);
    await store.write(IDENTITY);
    expect(await store.remove()).toBe(true);
    expect(await store.read()).toBeUndefined();
  });

  it('is not taken from a file that is open to others, damaged, or of another shape', async () => {
    const store = await open();
    await store.write(IDENTITY);
    await chmod(store.path, 0o640);
    expect(await errorOf(() => store.read())).toMatchObject({
      code: 'SECRET_ACCESS_DENIED',
      object: store.path,
      mend: expect.stringContaining('chmod 600'),
    });
    for (const text of ['{"kind":"client"', '{"kind":"client","clientId":"canary"}']) {
      await rm(store.path);
      await writeFile(store.path, text, { mode: 0o600 });
      const error = await errorOf(() => store.read());
      expect(error).toMatchObject({ code: 'SECRET_MALFORMED' });
      expect(`${error.stack}`).not.toContain('canary');
    }
  });

  it('says what folder cannot be used', async () => {
    await writeFile(join(root, 'file'), '');
    const store = await open({ folder: join(root, 'file', 'state') });
    expect(await errorOf(() => store.prepare())).toMatchObject({ code: 'SECRET_ACCESS_DENIED', object: join(root, 'file', 'state') });
  });

  describe('that the service manager gives', () => {
    const give = async () => {
      const credentialsDirectory = join(root, 'credentials');
      await mkdir(credentialsDirectory);
      await writeFile(join(credentialsDirectory, 'identity'), JSON.stringify(IDENTITY), { mode: 0o440 });
      return credentialsDirectory;
    };

    it('comes before that of the state folder, and cannot be changed', async () => {
      await (await open()).write({ ...IDENTITY, clientId: 'earlier' });
      const store = await open({ credentialsDirectory: await give() });
      expect(store.isGiven).toBe(true);
      expect(await store.read()).toEqual(IDENTITY);
      for (const change of [() => store.prepare(), () => store.write(IDENTITY), () => store.remove()]) {
        expect(await errorOf(change)).toMatchObject({ code: 'SECRET_ACCESS_DENIED', mend: expect.stringContaining('LoadCredential') });
      }
      expect(await (await open()).read()).toMatchObject({ clientId: 'earlier' });
    });

    it('is that of the state folder where there is none', async () => {
      await (await open()).write(IDENTITY);
      for (const credentialsDirectory of [join(root, 'none'), '']) {
        const store = await open({ credentialsDirectory });
        expect(store.isGiven).toBe(false);
        expect(await store.read()).toEqual(IDENTITY);
      }
    });
  });

  describe('that KMS encrypts', () => {
    let emulator: AwsEmulator;
    let kms: KMSClient;
    let keyId: string;
    beforeAll(async () => {
      emulator = await startAwsEmulator();
      useAws(emulator.environment);
      kms = new KMSClient({});
      keyId = await makeKey();
    });
    afterAll(async () => {
      kms.destroy();
      leaveAws();
      await emulator.stop();
    });
    const makeKey = async () => (await kms.send(new CreateKeyCommand({}))).KeyMetadata?.KeyId ?? '';
    const cipher = (key = keyId) => kmsCipher({ keyId: key, network: DIRECT });
    const sealed = () => open({ cipher: cipher() });

    it('cannot be read from its file, and is whole when opened', async () => {
      const large: Identity = { ...IDENTITY, ca: 'x'.repeat(10_000) };
      const store = await sealed();
      await store.prepare();
      await store.write(large);
      const file = await readFile(store.path, 'utf8');
      expect(file).not.toContain('canary');
      expect(file).not.toContain('vault.example.com');
      expect(await store.read()).toEqual(large);
    });

    it('is encrypted by another key each time', async () => {
      const store = await sealed();
      await store.write(IDENTITY);
      const first = JSON.parse(await readFile(store.path, 'utf8'));
      await store.write(IDENTITY);
      const second = JSON.parse(await readFile(store.path, 'utf8'));
      expect(second.dataKey).not.toBe(first.dataKey);
      expect(second.text).not.toBe(first.text);
    });

    it('is not taken when it was changed', async () => {
      const store = await sealed();
      await store.write(IDENTITY);
      const file = JSON.parse(await readFile(store.path, 'utf8'));
      const changed = Buffer.from(file.text, 'base64');
      changed[0] = (changed[0] ?? 0) ^ 1;
      await writeFile(store.path, JSON.stringify({ ...file, text: changed.toString('base64') }));
      expect(await errorOf(() => store.read())).toMatchObject({
        code: 'SECRET_MALFORMED',
        message: expect.stringContaining('was changed'),
      });
    });

    it('is kept as the settings say and not otherwise', async () => {
      await (await open()).write(IDENTITY);
      expect(await errorOf(async () => (await sealed()).read())).toMatchObject({
        code: 'SECRET_MALFORMED',
        message: expect.stringContaining('not encrypted'),
      });
      await (await sealed()).write(IDENTITY);
      expect(await errorOf(async () => (await open()).read())).toMatchObject({
        code: 'SECRET_MALFORMED',
        mend: expect.stringContaining('identity.kms_key_id'),
      });
    });

    it('stays closed without its key', async () => {
      const lost = await makeKey();
      const store = await open({ cipher: cipher(lost) });
      await store.write(IDENTITY);
      await kms.send(new ScheduleKeyDeletionCommand({ KeyId: lost, PendingWindowInDays: 7 }));
      for (const refused of [() => store.read(), () => store.prepare()]) {
        expect(await errorOf(refused)).toMatchObject({
          code: 'SECRET_ACCESS_DENIED',
          object: lost,
          mend: expect.stringContaining('kms:Decrypt'),
        });
      }
    });

    it('can be read later where KMS does not answer', async () => {
      const store = await sealed();
      await store.write(IDENTITY);
      const endpoint = process.env['AWS_ENDPOINT_URL'];
      process.env['AWS_ENDPOINT_URL'] = `http://127.0.0.1:${await freePort()}`;
      const error = await errorOf(() => store.read());
      process.env['AWS_ENDPOINT_URL'] = endpoint;
      expect(error).toMatchObject({ code: 'SECRET_STORE_UNAVAILABLE', retryable: true, object: keyId });
    });
  });
});
