import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeAuthority } from '@axiom-runner/local-servers';
import { openedAgent } from '../../agent/support/opened-agent.js';
import { bundle, SEGURA_AGENT } from './bundled.js';

const CANARY = 'canary-0b8d1f-password';
const onLinux = process.platform === 'linux' ? it : it.skip;

const started = new Set<ChildProcess>();
let folder: string;
let program: string;
let agent: Awaited<ReturnType<typeof openedAgent>>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'axiom-test-exec-'));
  program = (await bundle(SEGURA_AGENT, join(folder, 'segura-agent'))).path;
  agent = await openedAgent();
  agent.vault.put('db-production', CANARY);
});
afterEach(() => {
  // A command that a failed test left waiting.
  for (const child of started) child.kill('SIGTERM');
  started.clear();
});
afterAll(async () => {
  await agent?.close();
  rmSync(folder, { recursive: true });
});

interface Started {
  readonly child: ChildProcess;
  readonly output: () => { readonly out: string; readonly err: string };
  /** Resolves when standard output holds a text. */
  readonly says: (text: string) => Promise<void>;
  readonly ended: Promise<number | null>;
}

/** Starts `segura-agent get-secret` as a process of its own. */
function start(args: readonly string[], environment: Record<string, string> = {}): Started {
  const { PATH = '' } = process.env;
  const child = spawn(program, ['get-secret', '--id', 'db-production', ...args], {
    env: { PATH, HOME: folder, SEGURA_AGENT_ADDRESS: agent.url, SEGURA_AGENT_TOKEN: 'billing-token', ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  started.add(child);
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const says = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => out.includes(text) && resolve();
      child.stdout.on('data', look);
      look();
      void ended.then(() => reject(new Error(`it ended without "${text}": ${err}`)));
    });
  return { child, output: () => ({ out, err }), says, ended };
}

async function finish(run: Started) {
  const code = await run.ended;
  return { code, ...run.output() };
}

describe('get-secret --exec', () => {
  it('gives the command the secret in its environment, without the token, and answers with its exit code', async () => {
    const script =
      'printf "%s|" "$SECRET_ID" "$SECRET_USERNAME" "$SECRET_PASSWORD" "$SECRET_EXPIRES_AT" "${SEGURA_AGENT_TOKEN-none}" "$MORE" "$1"; exit 7';
    const { code, out, err } = await finish(start(['--exec', '--', 'sh', '-c', script, 'sh', 'a b'], { MORE: 'kept' }));
    expect([code, out, err]).toEqual([7, `db-production|user|${CANARY}|2026-01-01T00:05:00Z|none|kept|a b|`, '']);
  });

  it('names the variables as it is told', async () => {
    const run = start(['--exec', '--prefix', 'DB_', '--', 'sh', '-c', 'test "$DB_PASSWORD" && test -z "$SECRET_PASSWORD"']);
    expect(await finish(run)).toEqual({ code: 0, out: '', err: '' });
  });

  it('hands standard input on', async () => {
    const run = start(['--exec', '--', 'cat']);
    run.child.stdin?.end('through');
    expect(await finish(run)).toEqual({ code: 0, out: 'through', err: '' });
  });

  onLinux("shows the secret in no process's arguments, in no output, and in no other environment", async () => {
    const run = start(['--exec', '--', 'sh', '-c', 'echo "ready $$"; read line; exit 0']);
    await run.says('ready');
    const read = (pid: string, file: string) => {
      try {
        return readFileSync(`/proc/${pid}/${file}`, 'latin1');
      } catch {
        return ''; // It ended meanwhile, or is somebody else's.
      }
    };
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    const command = /ready (\d+)/.exec(run.output().out)?.[1] ?? '';
    expect(pids.filter((pid) => read(pid, 'cmdline').includes(CANARY))).toEqual([]);
    expect(pids.filter((pid) => read(pid, 'environ').includes(CANARY))).toEqual([command]);
    expect(read(command, 'environ')).not.toContain('billing-token');
    run.child.stdin?.end('\n');
    const { code, out, err } = await finish(run);
    expect([code, out + err]).toEqual([0, expect.not.stringContaining(CANARY)]);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1'] as const)(
    'hands %s on, and answers with what the command makes of it',
    async (signal) => {
      const command = `process.on('${signal}', () => process.exit(9)); console.log('ready'); setInterval(() => {}, 1000)`;
      const run = start(['--exec', '--', process.execPath, '-e', command]);
      await run.says('ready');
      run.child.kill(signal);
      expect(await finish(run)).toEqual({ code: 9, out: 'ready\n', err: '' });
    },
  );

  it.each([
    ['KILL', 137],
    ['TERM', 143],
  ])('answers a command that SIG%s ended with %i', async (signal, code) => {
    expect(await finish(start(['--exec', '--', 'sh', '-c', `kill -${signal} $$`]))).toEqual({ code, out: '', err: '' });
  });

  it('answers a command that is not there with 127, and one that cannot be run with 126', async () => {
    expect(await finish(start(['--exec', '--', 'no-such-command-anywhere']))).toEqual({
      code: 127,
      out: '',
      err: 'get-secret: there is no command no-such-command-anywhere\n',
    });
    expect(await finish(start(['--exec', '--', folder]))).toEqual({ code: 126, out: '', err: expect.stringContaining('EACCES') });
  });

  it('runs no command without the secret', async () => {
    const { code, out } = await finish(start(['--exec', '--', 'echo', 'ran'], { SEGURA_AGENT_TOKEN: 'wrong' }));
    expect([code, out]).toEqual([77, '']);
  });
});

describe('get-secret, by HTTPS', () => {
  it('asks an agent whose authority it was told to trust, and no other', async () => {
    const authority = await makeAuthority(folder);
    const { certFile, keyFile } = await authority.issueServer();
    let asked = 0;
    const body = JSON.stringify({ secret_id: 'db-production', username: 'user', password: 'pass', expires_at: '2026-01-01T00:00:00Z' });
    const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (_, response) => {
      asked += 1;
      response.end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `https://localhost:${(server.address() as AddressInfo).port}`;
    const stranger = await finish(start([], { SEGURA_AGENT_ADDRESS: address }));
    expect([stranger.code, stranger.out, asked]).toEqual([69, '', 0]);
    expect(stranger.err).toContain('NODE_EXTRA_CA_CERTS');
    const trusted = await finish(start([], { SEGURA_AGENT_ADDRESS: address, NODE_EXTRA_CA_CERTS: authority.caFile }));
    expect(trusted).toEqual({ code: 0, out: `${body}\n`, err: '' });
    await new Promise((resolve) => server.close(resolve));
  });
});
