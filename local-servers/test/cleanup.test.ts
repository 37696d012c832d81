import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { jest } from '@jest/globals';

const index = fileURLToPath(new URL('../src/index.ts', import.meta.url));
const repository = fileURLToPath(new URL('../..', import.meta.url));

// Each test starts a process with two servers, which takes more than Jest's 5 s on a busy machine.
jest.setTimeout(60_000);

describe('the servers of a process that ends', () => {
  it('are stopped, and their files removed, when it runs to its end', async () => {
    const { servers, child } = await startServers('');
    expect(await once(child, 'exit')).toEqual([0, null]);
    await expectGone(servers);
  });

  it('are stopped when it throws', async () => {
    const { servers, child } = await startServers('throw new Error("on purpose")');
    expect(await once(child, 'exit')).toEqual([1, null]);
    await expectGone(servers);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('are stopped on %s', async (signal, code) => {
    const { servers, child } = await startServers('setInterval(() => {}, 1000)');
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([code, null]);
    await expectGone(servers);
  });

  it('are left running on a signal that the caller handles, until it stops them', async () => {
    const handler =
      'process.on("SIGTERM", async () => { await fetch(aws.endpoint + "/_ministack/health"); await servers.stopAll(); process.exit(7); })';
    const { servers, child } = await startServers('setInterval(() => {}, 1000)', `servers.leaveSignalsToCaller(); ${handler};`);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([7, null]);
    await expectGone(servers);
  });
});

interface Started {
  readonly pids: number[];
  readonly temporary: string;
}

/** Resolves when the servers run. What has to be there before a signal comes is done in `first`: `then` may come after the signal. */
async function startServers(then: string, first = ''): Promise<{ servers: Started; child: ChildProcess }> {
  const script = `
    const servers = await import(${JSON.stringify(index)});
    const [aws, postgres] = await Promise.all([servers.startAwsEmulator(), servers.startPostgres({ major: 18, tls: true })]);
    ${first}
    console.log(JSON.stringify({ pids: [aws.pid, postgres.pid], temporary: postgres.caFile.split('/').at(-2) }));
    ${then}`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = await once(createInterface(child.stdout), 'line');
  return { servers: JSON.parse(line), child };
}

async function expectGone({ pids, temporary }: Started): Promise<void> {
  for (let patience = 50; patience > 0 && pids.some(isRunning); patience--) await sleep(100);
  expect(pids.filter(isRunning)).toEqual([]);
  expect(await readdir(tmpdir())).not.toContain(temporary);
}

/** A process that has ended but that nobody has waited for (state Z) doesn't run. */
function isRunning(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.trim().startsWith('Z');
}
