import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { makeAuthority, type TestAuthority } from '../../../../../local-servers/src/certificates.js';
import { type AuditSink, codeOf } from '../../../../src/audit/trail/sinks/audit-sink.js';
import { openAuditSinks } from '../../../../src/audit/trail/sinks/open-sinks.js';
import { SettingsError } from '../../../../src/config/settings.js';
import { DIRECT, deliver, lines, SyslogServer } from '../support/receivers.js';
import { listeningLog, until, upTo } from '../support/trails.js';

let root: string;
let authority: TestAuthority;
let certificate: Awaited<ReturnType<TestAuthority['issueServer']>>;
let server: SyslogServer | undefined;
let sinks: AuditSink[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'axiom-syslog-'));
  authority = await makeAuthority(root);
  certificate = await authority.issueServer();
});
afterAll(() => rm(root, { recursive: true, force: true }));
afterEach(async () => {
  for (const sink of sinks) sink.close();
  sinks = [];
  await server?.stop();
  server = undefined;
});

async function started(clientCa?: string, port?: number): Promise<SyslogServer> {
  server = await SyslogServer.start(certificate, clientCa, port);
  return server;
}

async function syslog(port: number, more: { readonly ca?: string; readonly certificate?: string; readonly key?: string } = {}) {
  const [sink] = await openAuditSinks(
    [{ type: 'syslog', address: `localhost:${port}`, ca: authority.caFile, ...more }],
    DIRECT,
    listeningLog(),
  );
  if (sink === undefined) throw new Error('no sink was made');
  sinks.push(sink);
  return sink;
}

describe('a syslog server', () => {
  it('gets each record as a message of RFC 5424 in a frame of RFC 5425', async () => {
    const receiver = await started();
    const at = Date.UTC(2025, 4, 30, 18);
    const records = [...lines(2, { at }), ...lines(1, { first: 3, at, outcome: 'SECRET_NOT_ALLOWED' })];
    await deliver(await syslog(receiver.port), records);
    await receiver.got(3);
    const { messages } = receiver;
    expect(messages.map(({ message }) => message)).toEqual(records);
    // authpriv (10): informational (6), or a warning (4) where something was refused.
    expect(messages.map(({ priority }) => priority)).toEqual([86, 86, 84]);
    const [time, host, application, process, kind] = messages[0]?.header ?? [];
    expect([time, application, process, kind]).toEqual(['2025-05-30T18:00:00.000Z', 'axiomrunner', '-', 'deliver']);
    expect(host).toMatch(/^[!-~]+$/);
  });

  it('gets many batches over one connection', async () => {
    const receiver = await started();
    const sink = await syslog(receiver.port);
    for (let batch = 0; batch < 4; batch += 1) await deliver(sink, lines(500, { first: batch * 500 + 1 }));
    await receiver.got(2_000);
    expect(receiver.ids).toEqual(upTo(2_000));
    expect(receiver.clients.length).toBe(1);
  });

  it('is trusted by the given authority, and not without it', async () => {
    const { port } = await started();
    const [stranger] = await openAuditSinks([{ type: 'syslog', address: `localhost:${port}` }], DIRECT, listeningLog());
    const refused = await stranger?.send(lines(1), AbortSignal.timeout(10_000)).catch(codeOf);
    expect(refused).toMatch(/CERT|UNABLE_TO/);
  });

  it('knows the client by its certificate, and one that it refuses has delivered nothing', async () => {
    const receiver = await started(authority.caFile);
    const client = await authority.issueClient('agent.example.com');
    await deliver(await syslog(receiver.port, { certificate: client.certFile, key: client.keyFile }), lines(1));
    await receiver.got(1);
    expect(receiver.clients).toEqual(['agent.example.com']);
    await expect(deliver(await syslog(receiver.port), lines(1))).rejects.toThrow();
    expect(receiver.messages.length).toBe(1);
  });

  it('that broke the connection gets what that may have lost once more, without waiting for a next record', async () => {
    const receiver = await started();
    const sink = await syslog(receiver.port);
    await deliver(sink, lines(2));
    await receiver.got(2);
    receiver.reset();
    await receiver.got(4);
    expect(receiver.ids).toEqual([1, 2, 1, 2]);
    await deliver(sink, lines(1, { first: 3 }));
    await receiver.got(5);
    expect(receiver.ids.at(-1)).toBe(3);
  });

  it('that is gone takes nothing, and everything when it is back', async () => {
    const receiver = await started();
    const { port } = receiver;
    const sink = await syslog(port);
    await deliver(sink, lines(1));
    await receiver.got(1);
    await receiver.stop();
    await until(async () => (await sink.send(lines(1, { first: 2 }), AbortSignal.timeout(10_000)).catch(codeOf)) === 'ECONNREFUSED');
    const back = await started(undefined, port);
    await deliver(sink, lines(2, { first: 2 }));
    await until(() => new Set(back.ids).size === 3);
    expect(new Set(back.ids)).toEqual(new Set([1, 2, 3]));
  });

  it('whose files cannot be read is refused at the start', async () => {
    await expect(syslog(1, { ca: join(root, 'missing') })).rejects.toThrow(SettingsError);
    await expect(syslog(1, { certificate: authority.caFile, key: join(root, 'missing') })).rejects.toThrow(/audit\.sinks\.0\.key.*missing/);
  });
});
