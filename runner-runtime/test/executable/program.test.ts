import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, runnerExecutable, startRunner } from '@axiom-runner/local-servers';
import type { Principal } from '@axiom-runner/protocol';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { AgentHost } from '../process/agent/support/agent-host.js';
import { Bench } from '../process/support/bench.js';
import { command } from '../process/support/command.js';

jest.setTimeout(90_000);

/** Mounting in a namespace of its own: root, or a user who may have one. */
const mayMount = spawnSync('unshare', ['--mount', '--map-root-user', 'true']).status === 0;

let executable: string;
let folder: string;
beforeAll(async () => {
  executable = await runnerExecutable();
  process.env['AXIOM_RUNNER_PROGRAM'] = executable;
  folder = mkdtempSync(join(tmpdir(), 'axiom-executable-test-'));
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A new folder for what the program writes for a moment. */
function scratch(): string {
  const path = join(folder, crypto.randomUUID());
  mkdirSync(path);
  return path;
}

function envFile(text: string): string {
  const path = join(scratch(), '.env');
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

it('says what it is', async () => {
  const { code, stdout } = await command(['version', '--json']);
  expect({ code, ...JSON.parse(stdout) }).toEqual({
    code: 0,
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    node: expect.stringMatching(/^v24\./),
    executable: true,
  });
});

describe('the option --env-file reaches our own parser', () => {
  it.each([
    ['--env-file', ['--env-file', '/nowhere/.env']],
    ['--env-file=', ['--env-file=/nowhere/.env']],
    ['a command before it', ['doctor', '--env-file', '/nowhere/.env']],
  ])('%s: a missing file ends with 78 and our words', async (_, args) => {
    const { code, stdout, stderr } = await command(args);
    expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
    expect(stderr).toContain('/nowhere/.env cannot be read (ENOENT). Give the path of a readable file.');
  });

  it('NODE_OPTIONS in the file are nothing to Node', async () => {
    const marker = join(scratch(), 'was-preloaded');
    const preload = join(scratch(), 'preload.cjs');
    writeFileSync(preload, `require('node:fs').writeFileSync(${JSON.stringify(marker)}, '')`);
    for (const options of ['--bogus', `--require=${preload}`]) {
      const { code, stderr } = await command(['doctor', '--env-file', envFile(`NODE_OPTIONS=${options}\nTENANT_ID=acme\n`)]);
      expect({ code, stderr }).toEqual({ code: 78, stderr: expect.stringContaining('RUNNER_GROUP_ID') });
    }
    expect(existsSync(marker)).toBe(false);
  });

  it('NODE_OPTIONS of the environment hold, as for every program of Node', async () => {
    const limit = await command(['version'], { environment: { NODE_OPTIONS: '--max-old-space-size=256' } });
    expect(limit).toMatchObject({ code: 0, stderr: '' });
    const wrong = await command(['version'], { environment: { NODE_OPTIONS: '--bogus' } });
    expect(wrong).toMatchObject({ code: 9, stderr: expect.stringContaining('--bogus is not allowed in NODE_OPTIONS') });
  });

  it('options of Node on the command line are ours to refuse', async () => {
    const { code, stderr } = await command(['--inspect']);
    expect({ code, stderr }).toEqual({ code: 64, stderr: expect.stringContaining("unknown option '--inspect'") });
  });
});

describe('a runner', () => {
  const CEDAR = 'permit(principal, action, resource) when { context.durationSeconds <= 600 };';
  let bench: Bench;
  let alice: Principal;
  beforeAll(async () => {
    bench = await Bench.open();
    alice = await bench.shop.newPerson();
  });
  afterAll(() => bench?.close());

  it('works where there is no home and the folder cannot be written to, and leaves nothing behind', async () => {
    const temporary = scratch();
    const environment = {
      ...bench.settings,
      HOME: '/nonexistent',
      TMPDIR: temporary,
      RUNNER_POLICY: CEDAR,
      RUNNER_HEALTH_ADDRESS: `127.0.0.1:${await freePort()}`,
    };
    const runner = startRunner({ environment, cwd: '/proc' });
    const { message } = await runner.ready();
    expect(message).toContain(`WorkerID = ${runner.pid}@`);
    expect(readdirSync(temporary)).toEqual([]);

    const task = await bench.grant(alice, 600);
    expect(await bench.shop.canRead(alice)).toBe(true);
    await bench.revoke(task);
    expect(await bench.shop.canRead(alice)).toBe(false);
    const tooLong = await bench.provision(alice, 601);
    expect(await bench.failure(tooLong)).toMatchObject({ code: 'POLICY_DENIED' });

    // Neither the signal that opens the inspector nor Node's own listener for it.
    process.kill(runner.pid, 'SIGUSR1');
    process.kill(runner.pid, 'SIGUSR1');
    expect((await command(['health'], { environment })).code).toBe(0);
    expect(runner.output()).not.toMatch(/Debugger|inspector|ws:/i);

    expect(await runner.stop()).toBe(0);
    expect(runner.records().at(-1)?.message).toBe('Stopped Axiom Runner');
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('is examined by doctor, with the library of an integration', async () => {
    const { code, stdout } = await command(['doctor', '--json', '--system', 'postgresql/127.0.0.1'], { environment: bench.settings });
    expect(JSON.parse(stdout)).toBeDefined();
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('"postgresql/127.0.0.1') });
  });

  it('says what to mend when its temporary folder cannot be written to', async () => {
    const { code, stderr } = await command(['doctor'], { environment: { ...bench.settings, TMPDIR: '/proc' } });
    expect({ code, stderr }).toEqual({
      code: 78,
      stderr: expect.stringMatching(/cannot be loaded from \/proc: .* in the environment variable TMPDIR\./),
    });
  });

  (mayMount ? it : it.skip)(
    `says what to mend when its temporary folder is mounted noexec${mayMount ? '' : ' (needs a user who may mount in a namespace, such as root)'}`,
    () => {
      const mounted = scratch();
      const script = 'mount -t tmpfs -o noexec,size=64m none "$0" && TMPDIR=$0 "$@"; code=$?; ls "$0"; exit $code';
      const { status, stdout, stderr } = spawnSync(
        'unshare',
        ['--mount', '--map-root-user', 'sh', '-c', script, mounted, executable, 'doctor'],
        { env: { PATH: process.env['PATH'], ...bench.settings }, encoding: 'utf8' },
      );
      expect({ status, stdout, stderr }).toEqual({
        status: 78,
        stdout: '',
        stderr: expect.stringMatching(new RegExp(`cannot be loaded from ${mounted}: .*failed to map segment.*mounted noexec.*TMPDIR`)),
      });
    },
  );
});

describe('the secret agent', () => {
  let host: AgentHost;
  beforeAll(async () => {
    host = await AgentHost.open();
    await host.create('db', 'canary-password');
  });
  afterAll(() => host?.close());

  it('serves secrets, also under its second name, and needs no temporary folder', async () => {
    const token = await host.addApplication('shop', ['db']);
    const agent = await host.start({ TMPDIR: '/proc' });
    const program = join(scratch(), 'segura-agent');
    symlinkSync(executable, program);
    process.env['AXIOM_RUNNER_PROGRAM'] = program;
    try {
      const { code, stdout } = await host.getSecret(agent.address, token, '--id', 'db');
      expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, secret_id: 'db', password: 'canary-password' });
      expect(await command(['audit', 'verify', '--config', host.config])).toMatchObject({ code: 0 });
    } finally {
      process.env['AXIOM_RUNNER_PROGRAM'] = executable;
    }
    expect(await agent.stop()).toBe(0);
  });
});
