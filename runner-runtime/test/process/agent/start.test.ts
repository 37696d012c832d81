import { execFile } from 'node:child_process';
import { chmodSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { runnerFile } from '@axiom-runner/local-servers';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Outcome } from '../support/command.js';
import { AgentHost } from './support/agent-host.js';
import { askSecret } from './support/ask.js';

jest.setTimeout(60_000);

let host: AgentHost;
beforeAll(async () => {
  host = await AgentHost.open();
  await host.create('db-production', 'kept-password');
});
afterEach(() => {
  rmSync(host.config, { force: true });
  host.configure({});
});
afterAll(() => host?.close());

/** A start that fails, before anything is said on standard output. */
async function refusedStart(): Promise<Outcome> {
  const outcome = await host.run('agent', '--config', host.config);
  expect(outcome.stdout).toBe('');
  expect(outcome.stderr).not.toMatch(/\n +at |unexpected fault/);
  return outcome;
}

describe('an agent does not start', () => {
  it('with a configuration that every user may read', async () => {
    chmodSync(host.config, 0o644);
    expect(await refusedStart()).toEqual({ code: 78, stdout: '', stderr: expect.stringMatching(/open to others[\s\S]*chmod 640/) });
  });

  it('with a configuration that is a link', async () => {
    const real = join(host.folder, 'real.yaml');
    writeFileSync(real, '{}', { mode: 0o600 });
    rmSync(host.config);
    symlinkSync(real, host.config);
    expect(await refusedStart()).toMatchObject({ code: 78, stderr: expect.stringMatching(/\(link\)[\s\S]*Put the file itself there/) });
  });

  it('with a configuration that is not there', async () => {
    rmSync(host.config);
    expect(await refusedStart()).toMatchObject({ code: 78, stderr: expect.stringMatching(/\(missing\)[\s\S]*Create it/) });
  });

  it('with a setting that nobody knows, which it names with its line and the one that is meant', async () => {
    host.configure({ cache: { tll: 300 } });
    const { code, stderr } = await refusedStart();
    expect(code).toBe(78);
    expect(stderr).toMatch(/cache\.tll .*line \d+[\s\S]*ttl/);
  });

  it('on an address that others can reach, without TLS', async () => {
    host.configure({ listen: { address: '0.0.0.0:8787' } });
    expect(await refusedStart()).toMatchObject({ code: 78, stderr: expect.stringMatching(/others can reach[\s\S]*listen\.tls/) });
  });

  it('on a port that another program has', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const bound = other.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    host.configure({ listen: { address: `127.0.0.1:${port}` } });
    const outcome = await refusedStart();
    await new Promise((resolve) => other.close(resolve));
    expect(outcome).toMatchObject({ code: 78, stderr: expect.stringMatching(/EADDRINUSE[\s\S]*choose another port/) });
  });

  it('beside another one on the same state folder, which goes on', async () => {
    const token = await host.addApplication('shop', ['db-production']);
    const agent = await host.start();
    expect(await refusedStart()).toMatchObject({ code: 1, stderr: expect.stringMatching(/CONFLICT[\s\S]*a state folder of its own/) });
    expect(await askSecret(agent.address, 'db-production', { token })).toMatchObject({ status: 200 });
    await agent.stop();
  });
});

describe('a started agent', () => {
  it('writes nothing but the lines of its log, and keeps its state to itself', async () => {
    const agent = await host.start();
    expect(await agent.stop()).toBe(0);
    const lines = agent.output().trimEnd().split('\n');
    expect(lines.map((line) => typeof JSON.parse(line).message)).toEqual(lines.map(() => 'string'));
    expect([host.state, host.audit].map((folder) => statSync(folder).mode & 0o777)).toEqual([0o700, 0o700]);
  });
});

describe('under the name segura-agent, the program', () => {
  let program: string;
  beforeAll(() => {
    program = join(host.folder, 'segura-agent');
    symlinkSync(runnerFile(), program);
  });
  const segura = (...args: readonly string[]) =>
    new Promise<Outcome>((resolve) => {
      const { PATH = '', HOME = '' } = process.env;
      const child = execFile(program, args, { env: { PATH, HOME, ...host.environment } }, (_, stdout, stderr) =>
        resolve({ code: child.exitCode, stdout, stderr }),
      );
    });

  it('is the agent: its options and commands need no "agent" before them', async () => {
    expect(await segura('status', '--config', host.config)).toMatchObject({ code: 1, stdout: expect.stringContaining('no agent answers') });
    expect(await segura('app', 'list', '--json', '--config', host.config)).toMatchObject({ code: 0, stderr: '' });
    expect(await segura('--config', join(host.folder, 'nothing.yaml'))).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('(missing)'),
    });
    expect(await segura('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('the local secret agent') });
  });

  it('understands get-secret, audit and version as they are', async () => {
    expect(await segura('get-secret')).toMatchObject({ code: 64, stdout: '', stderr: expect.stringContaining('--id') });
    expect(await segura('audit', 'verify', '--config', host.config)).toMatchObject({ code: 0 });
    expect(await segura('--version')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^axiomrunner \d/) });
    expect(await segura('agent', 'app', 'list', '--config', host.config)).toMatchObject({ code: 0 });
  });
});
