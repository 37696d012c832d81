import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type RunnerProcess, startRunner, startTemporal, stopAll, type TemporalServer } from '@axiom-runner/local-servers';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { command } from './support/command.js';
import { until } from './support/until.js';

jest.setTimeout(60_000);

/** The lines of the published setup guide, with values filled in where it says so. */
const GUIDE = `
      TENANT_ID=acme

      RUNNER_GROUP_ID=group-1

      RUNNER_API_KEY=key-of-the-group

      SECRETS_STORE_ENGINE=aws-secrets-manager

      WORKFLOW_RESULT_TASK_QUEUE=AxiomWorkflowResultHandlerTaskQueue

      WORKFLOW_RESULT_ACTIVITY_NAME=HandleWorkflowResult

      AXIOM_ACTIONS_ADDRESS_AND_PORT=axiomactions.axiom.security:443

`;

let temporal: TemporalServer;
let folder: string;
let health: string;
const runners: RunnerProcess[] = [];
beforeAll(async () => {
  temporal = await startTemporal({ namespaces: ['acme'] });
  folder = mkdtempSync(join(tmpdir(), 'axiom-runner-start-'));
  health = `127.0.0.1:${await freePort()}`;
});
afterEach(() => Promise.all(runners.splice(0).map((runner) => runner.stop())));
afterAll(async () => {
  await stopAll();
  rmSync(folder, { recursive: true, force: true });
});

/** What a test machine needs beyond the guide: its own control plane, without TLS on loopback. */
const local = () => ({ AXIOM_ACTIONS_ADDRESS_AND_PORT: temporal.address, AXIOM_TLS: 'off', RUNNER_HEALTH_ADDRESS: health });
const settings = () => ({ TENANT_ID: 'acme', RUNNER_GROUP_ID: 'group-1', RUNNER_API_KEY: 'key-of-the-group', ...local() });

function envFile(text: string): string {
  const path = join(folder, `${crypto.randomUUID()}.env`);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

async function started(environment: Record<string, string>, args: string[] = []): Promise<RunnerProcess> {
  const runner = startRunner({ environment, args });
  runners.push(runner);
  await runner.ready();
  return runner;
}

describe('the start', () => {
  it('is told on standard output by the published line, and nothing stands before it', async () => {
    const runner = await started(settings());
    const [line = ''] = runner.output().split('\n');
    const { time } = JSON.parse(line) as { time: number };
    const message = `Started Axiom Runner Namespace = acme | TaskQueue = group-1 | WorkerID = ${runner.pid}@${hostname()}@ |`;
    expect(line).toBe(`{"level":"info","time":${time},"message":"${message}"}`);
    expect(Number.isInteger(time)).toBe(true);
    expect(Math.abs(time - Date.now() / 1000)).toBeLessThan(60);
  });

  it('takes the env file of the guide as it stands there; the environment wins over it', async () => {
    const runner = await started(local(), ['--env-file', envFile(GUIDE)]);
    expect(runner.records()[0]?.message).toContain('Namespace = acme | TaskQueue = group-1 |');
  });

  it('names the task queue and namespace that override tenant and group', async () => {
    const runner = await started({ ...settings(), TENANT_ID: 'other', AXIOM_NAMESPACE: 'acme', AXIOM_TASK_QUEUE: 'queue' });
    expect(runner.records()[0]?.message).toContain('Namespace = acme | TaskQueue = queue |');
  });

  it("ignores NODE_OPTIONS in the env file, which are Node's and not ours", async () => {
    const marker = join(folder, 'was-preloaded');
    const preload = join(folder, 'preload.cjs');
    writeFileSync(preload, `require('node:fs').writeFileSync(${JSON.stringify(marker)}, '')`);
    await started(local(), ['--env-file', envFile(`NODE_OPTIONS=--bogus\n${GUIDE}`)]);
    await runners[0]?.stop();
    await started(local(), ['--env-file', envFile(`NODE_OPTIONS=--require=${preload}\n${GUIDE}`)]);
    expect(existsSync(marker)).toBe(false);
  });

  it('goes on with a warning where the health port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await until('the port is taken', () => taken.listening);
    const { port } = taken.address() as AddressInfo;
    const runner = await started({ ...settings(), RUNNER_HEALTH_ADDRESS: `127.0.0.1:${port}` });
    expect(runner.records().find(({ level }) => level === 'warn')).toMatchObject({ code: 'EADDRINUSE', port, mend: expect.any(String) });
    taken.close();
  });

  it('does not open the inspector to whoever sends SIGUSR1', async () => {
    const runner = await started(settings());
    process.kill(runner.pid, 'SIGUSR1');
    process.kill(runner.pid, 'SIGUSR1');
    expect((await command(['health'], { environment: { RUNNER_HEALTH_ADDRESS: health } })).code).toBe(0);
    expect(runner.output()).not.toMatch(/Debugger|inspector|ws:/i);
    const listening = await command(['health'], { environment: { RUNNER_HEALTH_ADDRESS: '127.0.0.1:9229' } });
    expect(listening.code).toBe(69);
  });

  it('ends with exit code 0 on SIGTERM', async () => {
    const runner = await started(settings());
    expect(await runner.stop()).toBe(0);
    expect(runner.records().at(-1)?.message).toBe('Stopped Axiom Runner');
  });
});

describe.each([
  ['by its first line', true],
  ['through node --', false],
])('settings, called %s', (_, byShebang) => {
  const run = (args: string[], environment: Record<string, string> = {}) => command(args, { environment, byShebang });

  it('miss a file: our words and exit code 78, not those of Node', async () => {
    const { code, stdout, stderr } = await run(['--env-file', '/nowhere/.env']);
    expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
    expect(stderr).toContain('--env-file: /nowhere/.env cannot be read (ENOENT). Give the path of a readable file.');
  });

  it('are faulty: every fault at once, with variable, finding and mend, but no value of a secret', async () => {
    const { code, stdout, stderr } = await run([], {
      TENANT_ID: 'your-tenant-id',
      RUNNER_API_KEY: 'canary of the key',
      RUNNER_API_KEY_SECRET_ID: 'axiom-runner/key',
      AXIOM_ACTIONS_ADDRESS_AND_PORT: 'no address',
      RUNNER_MAX_DURATION: 'long',
      RUNNER_ALLOWED: 'postgresql',
      SECRETS_STORE_ENGINE: 'vault',
      AXIOM_TASK_VERIFICATION_KEY: '{"kty":"oct","k":"canary of the signer"}',
    });
    expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
    expect(stderr.split('\n').filter((line) => line.startsWith('  '))).toHaveLength(8);
    for (const variable of ['TENANT_ID', 'RUNNER_GROUP_ID', 'RUNNER_API_KEY', 'AXIOM_ACTIONS_ADDRESS_AND_PORT', 'RUNNER_MAX_DURATION']) {
      expect(stderr).toMatch(new RegExp(`^ {2}${variable}: .+\\. .+$`, 'm'));
    }
    expect(stderr).not.toContain('canary');
  });
});

describe('policies in a variable', () => {
  it('that are no Cedar end with 78, told by their place and not by their words', async () => {
    const environment = { ...settings(), SECRETS_STORE_ENGINE: 'file', RUNNER_POLICY: 'permit(principal, action, resource);\ncanary(' };
    const { code, stdout, stderr } = await command([], { environment });
    expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
    expect(stderr).toContain('RUNNER_POLICY: is no set of Cedar policies (line 2, column 8). See docs/policies.md.');
    expect(stderr).not.toContain('canary');
  });
});

describe('the command line', () => {
  it.each([['version'], ['--version']])('tells the version: %s', async (word) => {
    expect(await command([word])).toEqual({ code: 0, stdout: expect.stringMatching(/^axiomrunner \d+\.\d+\.\d+\n$/), stderr: '' });
  });

  it('helps, with examples and exit codes', async () => {
    const { code, stdout } = await command(['--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Examples:[\s\S]*Exit codes: 0 done, 1 .*, 64 .*, 69 .*, 70 .*, 78 /);
  });

  it.each([
    ['an unknown command', ['strat']],
    ['an unknown option', ['--bogus']],
    ['an option without its value', ['--env-file']],
    ['a system that is none', ['test-connection', 'nonsense']],
  ])('refuses %s with exit code 64', async (_, args) => {
    const { code, stdout, stderr } = await command(args, { environment: settings() });
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).not.toBe('');
  });

  it('asks the health of a running runner, and of none', async () => {
    const ask = () => command(['health'], { environment: { RUNNER_HEALTH_ADDRESS: health } });
    const runner = await started(settings());
    expect(await ask()).toMatchObject({ code: 0, stdout: expect.stringContaining('"ready":true') });
    await runner.stop();
    expect(await ask()).toMatchObject({ code: 69, stdout: expect.stringContaining('"ready":false') });
    const off = await command(['health'], { environment: { RUNNER_HEALTH_ADDRESS: 'off' } });
    expect(off).toEqual({ code: 69, stdout: expect.stringContaining('RUNNER_HEALTH_ADDRESS is off'), stderr: '' });
  });
});
