import { execFile } from 'node:child_process';
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort, runnerExecutable, startTemporal, stopAll, type TemporalServer } from '@axiom-runner/local-servers';
import { executableOf } from './support/executables.js';
import { type Releases, type ScriptFolder, scriptFolder, serveReleases } from './support/script-folder.js';
import { bootSystemd, missingForSystemd, type SystemdHost } from './support/systemd-host.js';

/** Real executables: the one of this checkout, a newer one, and one that is never ready. */
const NEWER = '9.0.0';
const BROKEN = '9.0.1';
const KEY = 'canary-of-the-api-key';

let temporal: TemporalServer;
let programs: Readonly<Record<'current' | 'newer' | 'broken', string>>;
let releases: Releases;
let key: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
let version: string;

beforeAll(async () => {
  [temporal, releases] = await Promise.all([startTemporal({ namespaces: ['acme'] }), serveReleases()]);
  programs = {
    current: await runnerExecutable(),
    newer: await executableOf(NEWER),
    broken: await executableOf(BROKEN, { neverReady: true }),
  };
  key = generateKeyPairSync('ed25519');
  version = await versionOf(programs.current);
  await publish(version, programs.current);
  await publish(NEWER, programs.newer);
  await publish(BROKEN, programs.broken);
}, 400_000);
afterAll(async () => {
  await releases?.dispose();
  await stopAll();
}, 60_000);

async function versionOf(program: string): Promise<string> {
  const { stdout } = await promisify(execFile)(program, ['version']);
  return stdout.trim().replace('axiomrunner ', '');
}

/** Publishes an executable as a release does: with its checksum and its signature. */
async function publish(as: string, program: string, by = key.privateKey): Promise<void> {
  const content = readFileSync(program);
  await releases.publish(as, content, { signature: sign(null, content, by) });
}

const sameFile = (one: string, other: string) => readFileSync(one).equals(readFileSync(other));

async function settings(): Promise<string[]> {
  const variables = {
    AXIOM_ACTIONS_ADDRESS_AND_PORT: temporal.address,
    AXIOM_TLS: 'off',
    SECRETS_STORE_ENGINE: 'file',
    RUNNER_HEALTH_ADDRESS: `127.0.0.1:${await freePort()}`,
  };
  const named = Object.entries(variables).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  return ['--tenantid', 'acme', '--runnergroupid', 'rg-1', ...named];
}

describe('the script in the background', () => {
  let folder: ScriptFolder;
  beforeAll(async () => {
    folder = await scriptFolder(programs.current);
    writeFileSync(join(folder.path, 'release-key.pem'), key.publicKey.export({ type: 'spki', format: 'pem' }));
    expect(await folder.run(['start', ...(await settings()), '--apikey-file', '-'], { input: KEY })).toMatchObject({ code: 0 });
  }, 90_000);
  afterAll(() => folder?.dispose(), 60_000);

  const path = () => join(folder.path, 'axiomrunner');
  const update = (...args: string[]) =>
    folder.run(['update', ...args], { environment: { AXIOM_RELEASES_URL: releases.url, AXIOM_READY_SECONDS: '20' } });
  const status = async () => JSON.parse((await folder.run(['status', '--json'])).output);

  it('runs the executable, and shows its log', async () => {
    expect(await status()).toMatchObject({ running: true, ready: true, mode: 'process' });
    expect((await folder.run(['logs'])).output).toContain('Started Axiom Runner Namespace = acme | TaskQueue = rg-1 | ');
    expect(readFileSync(`/proc/${(await status()).pid}/cmdline`, 'utf8')).toBe(`${path()}\0--env-file\0${join(folder.path, '.env')}\0`);
  }, 60_000);

  it.each<[string, string, () => Promise<void>]>([
    ['is not signed', 'cannot be downloaded', () => releases.publish('latest', readFileSync(programs.newer))],
    [
      'is signed by somebody else',
      'is not signed with the key',
      () => publish('latest', programs.newer, generateKeyPairSync('ed25519').privateKey),
    ],
  ])(
    'changes nothing when the new one %s',
    async (_, message, prepare) => {
      await prepare();
      const before = await status();
      const { code, output } = await update();
      expect(output).toContain(message);
      expect(output).toContain('nothing was changed');
      expect([1, 69]).toContain(code);
      expect(sameFile(path(), programs.current)).toBe(true);
      expect(await status()).toEqual(before);
    },
    60_000,
  );

  it('changes nothing when signatures cannot be verified', async () => {
    await publish('latest', programs.newer);
    const bin = join(folder.path, 'old');
    mkdirSync(bin);
    writeFileSync(join(bin, 'openssl'), '#!/bin/sh\necho OpenSSL 1.1.1w  11 Sep 2023\n', { mode: 0o755 });
    const { PATH = '' } = process.env;
    const environment = { AXIOM_RELEASES_URL: releases.url, PATH: `${bin}:${PATH}` };
    expect(await folder.run(['update'], { environment })).toEqual({
      code: 69,
      output: expect.stringContaining('OpenSSL 3 or newer; found: OpenSSL 1.1.1w'),
    });
    expect(sameFile(path(), programs.current)).toBe(true);
  }, 60_000);

  it('goes back to the old one when the new one is never ready', async () => {
    const env = await folder.read('.env');
    const { code, output } = await update('--version', BROKEN);
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining('the old one is back and running') });
    expect(sameFile(path(), programs.current)).toBe(true);
    expect(await folder.read('.env')).toBe(env);
    expect(await status()).toMatchObject({ running: true, ready: true });
  }, 120_000);

  it('takes the latest, keeps .env and the old one, and takes no older one as the latest', async () => {
    const env = await folder.read('.env');
    expect(await update()).toEqual({ code: 0, output: expect.stringContaining(`axiomrunner ${NEWER} is in place and running`) });
    expect([sameFile(path(), programs.newer), sameFile(`${path()}.previous`, programs.current)]).toEqual([true, true]);
    expect(await folder.read('.env')).toBe(env);
    expect(await status()).toMatchObject({ running: true, ready: true });

    await publish('latest', programs.current);
    expect(await update()).toEqual({
      code: 1,
      output: expect.stringContaining(`the latest release is ${version}, and you have ${NEWER}; nothing was changed.`),
    });
    expect(sameFile(path(), programs.newer)).toBe(true);
    await publish('1.2.3', programs.current);
    expect(await update('--version', '1.2.3')).toEqual({
      code: 1,
      output: expect.stringContaining(`version 1.2.3 was asked for, and ${version} came; nothing was changed.`),
    });
    expect(await update('--version', version)).toMatchObject({ code: 0 });
    expect(sameFile(path(), programs.current)).toBe(true);
  }, 120_000);

  it('stops it', async () => {
    expect(await folder.run(['stop'])).toEqual({ code: 0, output: 'axiom-runner is stopped.\n' });
    expect(await status()).toMatchObject({ running: false });
    expect((await folder.read('axiom-runner.log')).trimEnd().split('\n').at(-1)).toContain('Stopped Axiom Runner');
  }, 60_000);
});

const missing = missingForSystemd();
(missing === undefined ? describe : describe.skip)(
  `the script on a host with systemd${missing === undefined ? '' : ` (${missing})`}`,
  () => {
    const FOLDER = '/opt/axiom-runner';
    let host: SystemdHost;
    let inside: string;
    beforeAll(async () => {
      host = await bootSystemd();
      inside = join(host.root, FOLDER);
      mkdirSync(inside, { recursive: true });
      const folder = await scriptFolder(programs.current);
      cpSync(folder.path, inside, { recursive: true });
      writeFileSync(join(inside, 'api-key'), KEY, { mode: 0o600 });
      await folder.dispose();
      await host.run('chmod', ['755', FOLDER, `${FOLDER}/axiomrunner`]);
    }, 120_000);
    afterAll(() => host?.stop(), 60_000);

    const script = (...args: string[]) =>
      host.run('bash', [`${FOLDER}/axiom-runner.sh`, ...args], { AXIOM_RELEASES_URL: releases.url, AXIOM_READY_SECONDS: '20' });
    const property = async (name: string) =>
      (await host.run('systemctl', ['show', '--property', name, '--value', 'axiom-runner'])).output.trim();

    it('registers the service: enabled, running as its own user in its sandbox, ready', async () => {
      const done = await script('register', ...(await settings()), '--apikey-file', `${FOLDER}/api-key`);
      expect(done).toEqual({ code: 0, output: 'axiom-runner is registered, and ready.\n' });
      expect((await host.run('systemctl', ['is-enabled', 'axiom-runner'])).output).toBe('enabled\n');
      expect(JSON.parse((await script('status', '--json')).output)).toMatchObject({
        running: true,
        ready: true,
        mode: 'service',
        registered: true,
      });
      const pid = await property('MainPID');
      const { output } = await host.run('grep', ['-E', '^(Uid|CapEff|NoNewPrivs):', `/proc/${pid}/status`]);
      const { output: uid } = await host.run('id', ['-u', 'axiom-runner']);
      expect(output).toMatch(new RegExp(`Uid:\\t${uid.trim()}\\t`));
      expect(output).toMatch(/CapEff:\t0+\n/);
      expect(output).toContain('NoNewPrivs:\t1');
      expect(
        readFileSync(join(host.root, `proc/${pid}/environ`), 'utf8') + readFileSync(join(host.root, `proc/${pid}/cmdline`), 'utf8'),
      ).not.toContain(KEY);
    }, 90_000);

    it('shows the journal', async () => {
      expect((await script('logs')).output).toContain('Started Axiom Runner Namespace = acme | TaskQueue = rg-1 | ');
    }, 30_000);

    it('has it back after a kill', async () => {
      const pid = await property('MainPID');
      await host.run('kill', ['-KILL', pid]);
      let now = pid;
      for (let turn = 0; turn < 60 && (now === pid || now === '0'); turn += 1) {
        await sleep(250);
        now = await property('MainPID');
      }
      expect([now, '0']).not.toContain(pid);
      expect(await property('NRestarts')).toBe('1');
    }, 60_000);

    it('updates it, and goes back when the new one is never ready', async () => {
      const broken = await script('update', '--version', BROKEN);
      expect(broken).toEqual({ code: 1, output: expect.stringContaining('the old one is back and running') });
      expect(await script('update', '--version', NEWER)).toEqual({
        code: 0,
        output: expect.stringContaining(`${NEWER} is in place and running`),
      });
      expect(JSON.parse((await script('status', '--json')).output)).toMatchObject({ running: true, ready: true });
    }, 180_000);

    it('is not started again when its settings are wrong', async () => {
      expect(await script('register', '--env', 'AXIOM_TLS=perhaps')).toEqual({
        code: 78,
        output: expect.stringContaining('its settings are wrong'),
      });
      expect(await property('ActiveState')).toBe('failed');
      expect(await script('register', '--env', 'AXIOM_TLS=off')).toMatchObject({ code: 0 });
    }, 90_000);

    it('deregisters the service: nothing runs, nothing starts at the next boot, .env stays', async () => {
      expect(await script('deregister')).toMatchObject({ code: 0 });
      expect((await host.run('systemctl', ['status', 'axiom-runner'])).output).toContain('could not be found');
      expect((await host.run('ls', ['/etc/systemd/system/multi-user.target.wants'])).output).not.toContain('axiom-runner');
      expect((await host.run('pgrep', ['-x', 'axiomrunner'])).output).toBe('');
      expect(existsSync(join(inside, '.env'))).toBe(true);
      expect(JSON.parse((await script('status', '--json')).output)).toMatchObject({ running: false, registered: false });
    }, 60_000);
  },
);
