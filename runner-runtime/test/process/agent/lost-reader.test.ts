import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { runnerCommand } from '@axiom-runner/local-servers';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { AgentHost } from './support/agent-host.js';
import { askSecret } from './support/ask.js';

jest.setTimeout(60_000);

const DELIVERIES = 2_000;
let host: AgentHost;
let token: string;
beforeAll(async () => {
  host = await AgentHost.open({ cache: { ttl: 1, negative_ttl: 0 } });
  await host.create('db-production', 'kept-password');
  token = await host.addApplication('shop', ['*']);
});
afterAll(() => host?.close());

function start(...args: readonly string[]): ChildProcessByStdio<null, Readable, Readable> {
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH, HOME, ...host.environment };
  const [file, ...first] = runnerCommand();
  return spawn(file, [...first, ...args, '--config', host.config], { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

const endOf = (child: ChildProcessByStdio<null, Readable, Readable>) =>
  new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));

describe('a program whose output nobody reads any more', () => {
  it('goes on when it is the agent: applications get their secrets', async () => {
    const child = start('agent');
    const ended = endOf(child);
    try {
      const address = await new Promise<string>((resolve) => {
        let log = '';
        child.stdout.setEncoding('utf8').on('data', (text: string) => {
          log += text;
          const found = /"addresses":\["([^"]+)"/.exec(log)?.[1];
          if (found !== undefined) resolve(found);
        });
      });
      for (const stream of [child.stdout, child.stderr]) stream.destroy();
      // Each of these is a line of the log.
      for (const id of ['none', 'nothing', 'nobody']) expect(await askSecret(address, id, { token })).toMatchObject({ status: 404 });
      for (let asked = 0; asked < DELIVERIES; asked += 1) await askSecret(address, 'db-production', { token });
      expect(await askSecret(address, 'db-production', { token })).toMatchObject({ status: 200 });
      child.kill('SIGTERM');
      expect(await ended).toBe(0);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('ends without a word when it is a command', async () => {
    const child = start('audit', 'show', '--json');
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    child.stdout.once('data', () => child.stdout.destroy());
    expect(await endOf(child)).toBe(141);
    expect(said).toBe('');
  });
});
