import { readFile } from 'node:fs/promises';
import { createServer, type Server as HttpServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { CertificateFiles } from '../../../../../local-servers/src/certificates.js';
import { seal } from '../../../../src/audit/trail/record-line.js';
import type { AuditSink } from '../../../../src/audit/trail/sinks/audit-sink.js';

export const DIRECT = { proxy: undefined, noProxy: undefined, extraCa: undefined };

/** Lines of a trail, from an id on; the first of them at a time, the others a step later each. */
export function lines(count: number, { first = 1, at = Date.now(), stepMs = 0, outcome = 'ok' } = {}): string[] {
  let previous = '0'.repeat(64);
  return Array.from({ length: count }, (_, index) => {
    const time = new Date(at + index * stepMs).toISOString();
    const sealed = seal(
      first + index,
      time,
      `"action":"deliver","application":"shop","secret":"db-production","outcome":"${outcome}"`,
      previous,
    );
    previous = sealed.hash;
    return sealed.line.trimEnd();
  });
}

export const deliver = (sink: AuditSink, records: readonly string[], ms = 10_000) => sink.send(records, AbortSignal.timeout(ms));

/** What a webhook got. */
export interface Posted {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A server that answers as a test says: a status, or what it does with the connection. */
export class WebhookServer {
  readonly posted: Posted[] = [];
  answers: ((posted: Posted, response: ServerResponse) => void)[] = [];

  private constructor(private readonly server: HttpServer) {}

  static async start(): Promise<WebhookServer> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const posted = { headers: request.headers, body: Buffer.concat(chunks).toString() };
        hook.posted.push(posted);
        const answer = hook.answers.shift();
        if (answer === undefined) response.writeHead(204).end();
        else answer(posted, response);
      });
    });
    const hook = new WebhookServer(server);
    await listening(server);
    return hook;
  }

  get url(): string {
    return `http://127.0.0.1:${portOf(this.server)}/records?key=hidden`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** One message of syslog, as its frame held it. */
export interface SyslogMessage {
  readonly priority: number;
  readonly header: readonly string[];
  readonly message: string;
}

/** A syslog server by TLS, which reads frames as RFC 5425 has them. */
export class SyslogServer {
  readonly messages: SyslogMessage[] = [];
  readonly clients: string[] = [];
  private readonly sockets = new Set<TLSSocket>();
  private waiting: { readonly isSo: () => boolean; readonly resolve: () => void }[] = [];

  private constructor(private readonly server: Server) {}

  static async start({ certFile, keyFile }: CertificateFiles, clientCa?: string, port = 0): Promise<SyslogServer> {
    const options = {
      cert: await readFile(certFile),
      key: await readFile(keyFile),
      ...(clientCa === undefined ? {} : { ca: await readFile(clientCa), requestCert: true, rejectUnauthorized: true }),
    };
    const server = createTlsServer(options, (socket) => syslog.take(socket));
    const syslog = new SyslogServer(server);
    await listening(server, port);
    return syslog;
  }

  get port(): number {
    return portOf(this.server);
  }

  get ids(): number[] {
    return this.messages.map(({ message }) => JSON.parse(message).id);
  }

  /** Resolves when so many messages have arrived. */
  async got(count: number): Promise<void> {
    const isSo = () => this.messages.length >= count;
    if (!isSo()) await new Promise<void>((resolve) => this.waiting.push({ isSo, resolve }));
  }

  /** Breaks every connection. */
  reset(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.reset();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private take(socket: TLSSocket): void {
    this.sockets.add(socket);
    this.clients.push(String(socket.getPeerCertificate().subject?.CN ?? ''));
    let rest = Buffer.alloc(0);
    socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      for (;;) {
        const blank = rest.indexOf(' ');
        if (blank === -1) break;
        const length = Number(rest.toString('latin1', 0, blank));
        if (!Number.isInteger(length) || length === 0) throw new Error(`no frame: ${rest.toString('latin1', 0, 40)}`);
        if (rest.length < blank + 1 + length) break;
        this.messages.push(parse(rest.toString('utf8', blank + 1, blank + 1 + length)));
        rest = rest.subarray(blank + 1 + length);
      }
      for (const { isSo, resolve } of this.waiting) if (isSo()) resolve();
    });
  }
}

/** https://www.rfc-editor.org/rfc/rfc5424#section-6 */
function parse(text: string): SyslogMessage {
  const [, priority, header = '', message = ''] = /^<(\d{1,3})>1 ((?:\S+ ){5})- (.*)$/s.exec(text) ?? [];
  if (priority === undefined) throw new Error(`no syslog message: ${text.slice(0, 100)}`);
  return { priority: Number(priority), header: header.trim().split(' '), message };
}

function listening(server: Server, port = 0): Promise<void> {
  return new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
