import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeAuthority, type TestAuthority } from '@axiom-runner/local-servers';
import type { ListenSettings } from '../../../src/agent/config/agent-settings.js';
import { ownHosts } from '../../../src/agent/http/own-hosts.js';
import { refuseOpenSocket } from '../../../src/agent/http/socket-activation.js';
import { openedAgent } from '../support/opened-agent.js';

let folder: string;
let agents: Awaited<ReturnType<typeof openedAgent>>[] = [];
const open = async (listen: Partial<ListenSettings>, ofSocket?: string) => {
  const agent = await openedAgent({ listen, ...(ofSocket === undefined ? {} : { ofSocket }) });
  agent.vault.put('db-production', 'pass');
  agents.push(agent);
  return agent;
};
const refusal = (listen: Partial<ListenSettings>) =>
  open(listen).then(
    () => 'none',
    (error: Error) => error.message,
  );

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agent-listen-'));
});
afterEach(async () => {
  await Promise.all(agents.map((agent) => agent.close()));
  agents = [];
  rmSync(folder, { recursive: true, force: true });
});

describe('localhost', () => {
  it('is both loopbacks, because an application may look up either', async () => {
    const { addresses, port } = await open({ address: 'localhost:0' });
    expect(addresses).toEqual([`http://127.0.0.1:${port}`, `http://[::1]:${port}`]);
    for (const address of addresses) expect((await fetch(`${address}/healthz`)).status).toBe(200);
  });

  it('that another program has is a fault that says so', async () => {
    const { port } = await open({ address: '127.0.0.1:0' });
    expect(await refusal({ address: `127.0.0.1:${port}` })).toMatch(/listen.address: .*EADDRINUSE.*Another program has it/);
  });
});

describe('a Unix socket', () => {
  const get = (socketPath: string, headers: Record<string, string> = {}) =>
    new Promise<string>((resolve, reject) => {
      request({ socketPath, path: '/secret/db-production', headers: { host: 'localhost', ...headers } }, (response) => {
        response.resume().on('end', () => resolve(String(response.statusCode)));
      })
        .on('error', reject)
        .end();
    });

  it('has its mode, and whoever may open it asks as its application without a token', async () => {
    const path = join(folder, 'agent.sock');
    const agent = await open({ address: 'off', socket: { path, mode: 0o660 } }, 'billing');
    expect(agent.addresses).toEqual([path]);
    expect(statSync(path).mode & 0o777).toBe(0o660);
    expect(await get(path)).toBe('200');
    expect(agent.trail.events.at(-1)).toMatchObject({ application: 'billing', peer: 'unix' });
    expect(await get(path, { authorization: 'Bearer reports-token' })).toBe('403');
  });

  it('stands for nobody unless that is configured', async () => {
    const path = join(folder, 'agent.sock');
    await open({ address: 'off', socket: { path, mode: 0o600 } });
    expect(await get(path)).toBe('401');
    expect(await get(path, { authorization: 'Bearer billing-token' })).toBe('200');
  });

  it('of a killed agent is taken over', async () => {
    const path = join(folder, 'agent.sock');
    const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    expect(spawnSync(process.execPath, ['-e', script]).signal).toBe('SIGKILL');
    expect(statSync(path).isSocket()).toBe(true);
    await open({ address: 'off', socket: { path, mode: 0o600 } });
    expect(await get(path)).toBe('401');
  });

  it('of a living agent is not taken over, nor is anything else removed that stands there', async () => {
    const path = join(folder, 'agent.sock');
    await open({ address: 'off', socket: { path, mode: 0o600 } });
    expect(await refusal({ address: 'off', socket: { path, mode: 0o600 } })).toContain('where another program answers');
    const file = join(folder, 'precious');
    writeFileSync(file, 'kept');
    expect(await refusal({ address: 'off', socket: { path: file, mode: 0o600 } })).toContain('which is no socket');
    expect(readFileSync(file, 'utf8')).toBe('kept');
  });

  it('of systemd that everybody may open stands for no application', async () => {
    const path = join(folder, 'agent.sock');
    await open({ address: 'off', socket: { path, mode: 0o660 } });
    expect(() => refuseOpenSocket(path)).not.toThrow();
    chmodSync(path, 0o666);
    expect(() => refuseOpenSocket(path)).toThrow(/every user of the host .*SocketMode=0660/);
    expect(() => refuseOpenSocket('@abstract')).toThrow(/every user of the host/);
  });

  it('that cannot be given to its group is a fault', async () => {
    const socket = { path: join(folder, 'agent.sock'), mode: 0o660, group: 2 ** 32 };
    expect(await refusal({ address: 'off', socket })).toMatch(/listen.socket.group: is 4294967296, .*member of that group/);
  });

  it('of a group that does not exist is a fault', async () => {
    const socket = { path: join(folder, 'agent.sock'), mode: 0o660, group: 'no-such-group' };
    expect(await refusal({ address: 'off', socket })).toContain('"no-such-group", which is no group of this host');
  });
});

describe('TLS', () => {
  let authority: TestAuthority;
  const get = (port: number, options: Record<string, unknown> = {}) =>
    new Promise<string>((resolve) => {
      const asked = tlsRequest(
        {
          port,
          host: '127.0.0.1',
          servername: 'localhost',
          path: '/secret/db-production',
          ca: readFileSync(authority.caFile),
          agent: false,
          headers: { authorization: 'Bearer billing-token', host: `localhost:${port}` },
          ...options,
        },
        (response) => response.resume().on('end', () => resolve(String(response.statusCode))),
      );
      asked.on('error', () => resolve('refused')).end();
    });

  beforeEach(async () => {
    authority = await makeAuthority(folder);
  });

  it('serves an address that others can reach, by the names of its certificate', async () => {
    const { certFile, keyFile } = await authority.issueServer();
    const agent = await open({ address: '0.0.0.0:0', tls: { certificate: certFile, key: keyFile } });
    expect(agent.url).toMatch(/^https:/);
    expect(await get(agent.port)).toBe('200');
    expect(await get(agent.port, { headers: { authorization: 'Bearer billing-token', host: 'attacker.example.com' } })).toBe('403');
  });

  it('with an authority of clients turns away who has no certificate of it, and records who has', async () => {
    const server = await authority.issueServer();
    const client = await authority.issueClient('billing-host');
    const agent = await open({
      address: '127.0.0.1:0',
      tls: { certificate: server.certFile, key: server.keyFile, client_ca: authority.caFile },
    });
    expect(await get(agent.port)).toBe('refused');
    expect(await get(agent.port, { cert: readFileSync(client.certFile), key: readFileSync(client.keyFile) })).toBe('200');
    expect(agent.trail.events.at(-1)?.peer).toMatch(/^billing-host \(127\.0\.0\.1:\d+\)$/);
  });

  it('closes a connection that shakes no hands', async () => {
    const { certFile, keyFile } = await authority.issueServer();
    const agent = await open({ address: '127.0.0.1:0', tls: { certificate: certFile, key: keyFile } });
    const socket = connect(agent.port, '127.0.0.1').on('error', () => undefined);
    await new Promise((resolve) => socket.resume().once('close', resolve));
  });

  it('takes up the names of a certificate that was renewed', async () => {
    const [before, after] = [await authority.issueClient('nameless'), await authority.issueServer()];
    let present = readFileSync(before.certFile, 'utf8');
    const isOwn = ownHosts(8787, () => present);
    expect([isOwn('localhost'), isOwn('agent.localhost:8787')]).toEqual([true, false]);
    present = readFileSync(after.certFile, 'utf8');
    expect([isOwn('localhost'), isOwn('agent.localhost:8787')]).toEqual([true, true]);
    present = readFileSync(before.certFile, 'utf8');
    expect(isOwn('agent.localhost:8787')).toBe(false);
  });

  it.each(['certificate', 'key', 'client_ca'] as const)('with a %s that is something else is a fault of the settings', async (setting) => {
    const { certFile, keyFile } = await authority.issueServer();
    const other = join(folder, 'other.pem');
    writeFileSync(other, 'canary', { mode: 0o600 });
    const found = await refusal({ address: '127.0.0.1:0', tls: { certificate: certFile, key: keyFile, [setting]: other } });
    expect(found).toContain(`listen.tls.${setting}: names `);
    expect(found).not.toContain('canary');
  });

  it('with the key of another certificate is a fault of the settings', async () => {
    const [one, other] = [await authority.issueServer(), await authority.issueClient('other')];
    expect(await refusal({ address: '127.0.0.1:0', tls: { certificate: one.certFile, key: other.keyFile } })).toContain(
      'listen.tls.key: names',
    );
  });

  it('whose key others may read is refused', async () => {
    const { certFile, keyFile } = await authority.issueServer();
    chmodSync(keyFile, 0o644);
    expect(await refusal({ address: '127.0.0.1:0', tls: { certificate: certFile, key: keyFile } })).toMatch(
      /listen.tls.key: .*open to others. chmod 640/,
    );
  });
});
