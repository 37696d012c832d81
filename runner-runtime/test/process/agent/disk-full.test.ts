import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { AgentHost } from './support/agent-host.js';
import { ask, askSecret } from './support/ask.js';

jest.setTimeout(60_000);

const DISK_KIB = 128;
const MOST_REQUESTS = 1_000;
let host: AgentHost;
let hasDisk = false;
beforeAll(async () => {
  host = await AgentHost.open();
  await host.create('db-production', 'kept-password');
  await mkdir(host.state, { mode: 0o700 });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_KIB}k,mode=700`, 'tmpfs', host.state], { stdio: 'ignore' });
    hasDisk = true;
  } catch {
    console.warn('SKIPPED: this user may not mount a file system of its own');
  }
});
afterAll(async () => {
  if (hasDisk) execFileSync('umount', ['-l', host.state]);
  await host?.close();
});

it('an agent whose disk is full delivers nothing, says so, and delivers again when there is room', async () => {
  if (!hasDisk) return;
  const token = await host.addApplication('shop', ['db-production']);
  const agent = await host.start();
  const deliver = () => askSecret(agent.address, 'db-production', { token });
  expect(await deliver()).toMatchObject({ status: 200 });
  expect(await ask(agent.address, '/healthz')).toMatchObject({ status: 200 });

  const ballast = join(host.state, 'ballast');
  expect(() => writeFileSync(ballast, Buffer.alloc(DISK_KIB * 1024))).toThrow('ENOSPC');
  let delivered = 1;
  let last = await deliver();
  for (; last.status === 200 && delivered < MOST_REQUESTS; delivered += 1) last = await deliver();
  expect(last).toMatchObject({ status: 503, code: 'AUDIT_UNAVAILABLE', headers: { 'retry-after': '1' } });
  expect(last.body).not.toContain('kept-password');
  // What is in the cache and what the vault would have to give are refused alike, and a refusal is no less one for not being recorded.
  expect(await deliver()).toMatchObject({ status: 503, code: 'AUDIT_UNAVAILABLE' });
  expect(await askSecret(agent.address, 'none', { token })).toMatchObject({ status: 403 });
  expect(await ask(agent.address, '/healthz')).toMatchObject({ status: 503, body: expect.stringContaining('AUDIT_UNAVAILABLE') });
  expect(agent.records()).toContainEqual(
    expect.objectContaining({
      level: 'error',
      message: expect.stringMatching(/^nothing is delivered: .*ENOSPC/),
      mend: expect.stringContaining('space'),
    }),
  );

  rmSync(ballast);
  expect(await deliver()).toMatchObject({ status: 200, body: expect.stringContaining('kept-password') });
  expect(await ask(agent.address, '/healthz')).toMatchObject({ status: 200 });
  expect(await agent.stop()).toBe(0);
  const records = await host.records();
  expect(records.filter(({ action }) => action === 'deliver')).toHaveLength(delivered + 1);
  expect(await host.run('audit', 'verify', '--config', host.config)).toMatchObject({ code: 0, stdout: expect.stringContaining('whole') });
});
