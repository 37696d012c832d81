import { readFile, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, startTemporal, stopAll, type TemporalServer } from '@axiom-runner/local-servers';
import {
  commandLines,
  type Ended,
  executable,
  type Releases,
  type ScriptFolder,
  scriptFolder,
  serveReleases,
} from './support/script-folder.js';

const KEY = 'a-key-that-nobody-may-see';

let temporal: TemporalServer;
let folder: ScriptFolder;
let settings: string[];

beforeAll(async () => {
  temporal = await startTemporal({ namespaces: ['acme'] });
}, 60_000);

afterAll(() => stopAll(), 30_000);

beforeEach(async () => {
  folder = await scriptFolder();
  settings = await settingsOf(temporal.address);
});

afterEach(() => folder.dispose(), 60_000);

async function settingsOf(address: string): Promise<string[]> {
  const variables = {
    AXIOM_ACTIONS_ADDRESS_AND_PORT: address,
    AXIOM_TLS: 'off',
    SECRETS_STORE_ENGINE: 'file',
    RUNNER_HEALTH_ADDRESS: `127.0.0.1:${await freePort()}`,
  };
  const named = Object.entries(variables).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  return ['--tenantid', 'acme', '--runnergroupid', 'rg-1', ...named];
}

const start = (more: readonly string[] = []): Promise<Ended> =>
  folder.run(['start', ...settings, '--apikey-file', '-', ...more], { input: `${KEY}\n` });
const modeOf = async (name: string) => (await stat(join(folder.path, name))).mode & 0o777;
const statusOf = async () => {
  const { code, output } = await folder.run(['status', '--json']);
  return { code, ...JSON.parse(output) };
};

describe('start', () => {
  it('runs until stop, and says in between that it is ready', async () => {
    expect(await start()).toEqual({ code: 0, output: expect.stringContaining('and ready') });
    expect(await folder.read('axiom-runner.log')).toContain('Started Axiom Runner Namespace = acme | TaskQueue = rg-1 | ');
    expect(await statusOf()).toMatchObject({ code: 0, running: true, ready: true, mode: 'process', registered: false });
    expect(await folder.run(['logs', '--lines', '500'])).toMatchObject({ code: 0, output: await folder.read('axiom-runner.log') });

    expect(await folder.run(['stop'])).toEqual({ code: 0, output: 'axiom-runner is stopped.\n' });
    expect(await statusOf()).toMatchObject({ code: 69, running: false });
    expect(folder.has('axiom-runner.pid')).toBe(false);
    expect(await folder.run(['stop'])).toEqual({ code: 0, output: 'axiom-runner is not running.\n' });
  }, 60_000);

  it.each([
    ['--apikey-file -', ['--apikey-file', '-']],
    ['--apikey', ['--apikey', KEY]],
  ])(
    'keeps the key of %s out of every process that it leaves behind, of log and messages',
    async (_, option) => {
      const { output } = await folder.run(['start', ...settings, ...option], { input: KEY });
      const running = await commandLines();
      expect(running).toContain(join(folder.path, '.env'));
      expect(running).not.toContain(KEY);
      const { pid } = await statusOf();
      expect(await readFile(`/proc/${pid}/environ`, 'utf8')).not.toContain(KEY);
      expect(output).not.toContain(KEY);
      expect(await folder.read('axiom-runner.log')).not.toContain(KEY);
      expect(await folder.read('.env')).toContain(`RUNNER_API_KEY=${KEY}\n`);
    },
    60_000,
  );

  it('shows a key from standard input to no command line while it starts', async () => {
    let ended = false;
    const started = start().finally(() => {
      ended = true;
    });
    const seen: string[] = [];
    while (!ended) seen.push(await commandLines());
    expect(await started).toMatchObject({ code: 0 });
    expect(seen.filter((lines) => lines.includes(KEY))).toEqual([]);
    expect(seen.some((lines) => lines.includes('axiom-runner.sh start'))).toBe(true);
  }, 60_000);

  it('lets nobody else read settings and log', async () => {
    await start();
    expect([await modeOf('.env'), await modeOf('axiom-runner.log')]).toEqual([0o600, 0o600]);
  }, 60_000);

  it('leaves a runner alone that runs with the same settings, and refuses others', async () => {
    await start();
    const { pid } = await statusOf();
    const before = await folder.read('.env');
    expect(await start()).toEqual({ code: 0, output: 'axiom-runner is already running with these settings.\n' });
    expect(await start(['--env', 'RUNNER_LOG_LEVEL=debug'])).toEqual({ code: 1, output: expect.stringContaining('nothing was changed') });
    expect(await folder.read('.env')).toBe(before);
    expect((await statusOf()).pid).toBe(pid);
  }, 60_000);

  it('says what is wrong with the settings, as the runner does', async () => {
    settings.push('--env', 'AXIOM_TLS=perhaps');
    expect(await start()).toEqual({ code: 78, output: expect.stringContaining('Write on or off.') });
    expect(await statusOf()).toMatchObject({ code: 69 });
  }, 60_000);

  it('leaves a runner running that does not reach its control plane, and says so', async () => {
    settings = await settingsOf(`127.0.0.1:${await freePort()}`);
    const { code, output } = await folder.run(['start', ...settings, '--apikey', KEY], { environment: { AXIOM_READY_SECONDS: '20' } });
    expect([code, output]).toEqual([69, expect.stringContaining('CONTROL_PLANE_UNREACHABLE')]);
    expect(await statusOf()).toMatchObject({ code: 1, running: true, ready: false });
  }, 60_000);

  it('takes no other process for the runner', async () => {
    await start();
    const [, since = '', boot = ''] = (await folder.read('axiom-runner.pid')).trim().split(' ');
    await folder.run(['stop']);
    const innocent = [`${process.pid} ${since} ${boot}\n`, `${process.pid}\n`, 'nonsense\n'];
    for (const text of innocent) {
      await writeFile(join(folder.path, 'axiom-runner.pid'), text);
      expect(await folder.run(['stop'])).toEqual({ code: 0, output: 'axiom-runner is not running.\n' });
    }
  }, 60_000);

  it('starts again after a kill that left its files behind', async () => {
    await start();
    const { pid } = await statusOf();
    process.kill(pid, 'SIGKILL');
    expect(await start()).toMatchObject({ code: 0 });
    expect((await statusOf()).pid).not.toBe(pid);
  }, 60_000);
});

describe('update', () => {
  let releases: Releases;

  beforeEach(async () => {
    releases = await serveReleases();
  });

  afterEach(() => releases.dispose());

  const update = (...args: string[]) =>
    folder.run(['update', ...args], { environment: { AXIOM_RELEASES_URL: releases.url, AXIOM_READY_SECONDS: '20' } });

  it('puts the latest in the place of the old one, restarts, and keeps settings and the old one', async () => {
    await start();
    const before = { env: await folder.read('.env'), pid: (await statusOf()).pid };
    await releases.publish('latest', executable('9.0.0'));
    expect(await update()).toEqual({ code: 0, output: expect.stringContaining('is in place and running') });
    expect(await folder.read('axiomrunner')).toBe(executable('9.0.0'));
    expect(await folder.read('axiomrunner.previous')).toBe(executable());
    expect(await folder.read('.env')).toBe(before.env);
    const after = await statusOf();
    expect(after).toMatchObject({ code: 0, ready: true });
    expect(after.pid).not.toBe(before.pid);
    expect(await update()).toEqual({ code: 0, output: expect.stringContaining('is what you have') });
    expect((await statusOf()).pid).toBe(after.pid);
  }, 90_000);

  it('takes the version that is asked for, and starts nothing that did not run', async () => {
    await releases.publish('1.2.3', executable('1.2.3'));
    expect(await update('--version', '1.2.3')).toMatchObject({ code: 0 });
    expect(await folder.read('axiomrunner')).toBe(executable('1.2.3'));
    expect(await statusOf()).toMatchObject({ running: false });
  }, 60_000);

  it.each([
    ['ends at once', 'exit 1'],
    ['is never ready', 'exec sleep 300'],
  ])(
    'goes back to the old one when the new one %s',
    async (_, fault) => {
      await start();
      await releases.publish('latest', `#!/bin/sh\n[ "$1" = version ] && echo axiomrunner 9 && exit\n${fault}\n`);
      expect(await update()).toEqual({ code: 1, output: expect.stringContaining('the old one is back and running') });
      expect(await folder.read('axiomrunner')).toBe(executable());
      expect(await statusOf()).toMatchObject({ code: 0, ready: true });
      expect(folder.has('axiomrunner.kept')).toBe(false);
    },
    90_000,
  );

  it.each([
    ['has another checksum', executable('9.0.0'), 'f'.repeat(64), 'does not have the published checksum'],
    ['has no checksum', executable('9.0.0'), 'none', 'holds no checksum'],
    ['does not run on this host', 'no program', undefined, 'does not run on this host'],
  ])(
    'changes nothing when the new one %s',
    async (_, content, checksum, message) => {
      await start();
      const { pid } = await statusOf();
      await releases.publish('latest', content, checksum === undefined ? {} : { checksum });
      expect(await update()).toEqual({ code: 1, output: expect.stringContaining(message) });
      expect(await folder.read('axiomrunner')).toBe(executable());
      expect((await statusOf()).pid).toBe(pid);
    },
    60_000,
  );

  it('changes nothing when there is no such version', async () => {
    expect(await update('--version', '9.9.9')).toEqual({ code: 69, output: expect.stringContaining('cannot be downloaded') });
    expect(await folder.read('axiomrunner')).toBe(executable());
  }, 60_000);

  it('downloads an executable that is missing at the first start', async () => {
    await releases.publish('latest', executable('1.0.0'));
    await unlink(join(folder.path, 'axiomrunner'));
    const { code } = await folder.run(['start', ...settings, '--apikey', KEY], { environment: { AXIOM_RELEASES_URL: releases.url } });
    expect(code).toBe(0);
    expect(await folder.read('axiomrunner')).toBe(executable('1.0.0'));
  }, 60_000);

  it('takes releases over TLS, or from loopback, only', async () => {
    const { code, output } = await folder.run(['update'], { environment: { AXIOM_RELEASES_URL: 'http://releases.example.com' } });
    expect([code, output]).toEqual([78, expect.stringContaining('https://')]);
  });
});
