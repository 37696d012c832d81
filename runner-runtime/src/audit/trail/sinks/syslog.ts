import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { connect, type TLSSocket } from 'node:tls';
import { recordOf } from '../record-line.js';
import { type AuditSink, SinkError } from './audit-sink.js';

/** What a connection is made with, PEM. */
export interface SyslogTrust {
  /** The authorities that are trusted. @default Node's own */
  readonly ca?: readonly string[] | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}

export interface SyslogOptions {
  readonly host: string;
  readonly port: number;
  /** Read for each connection, so that renewed certificates are used. */
  readonly readTrust: () => Promise<SyslogTrust>;
}

/** Facility `authpriv`: https://www.rfc-editor.org/rfc/rfc5424#section-6.2.1 */
const FACILITY = 10;
const WARNING = 4;
const INFORMATIONAL = 6;
/** What a connection may have swallowed when it breaks: as much as the buffers of both systems hold. */
const KEPT_BYTES = 4_194_304;
const KEPT_MS = 60_000;
const CONNECT_MS = 10_000;
const RECONNECT_MS = 1_000;
const REFUSAL_MS = 1_000;

interface Sent {
  readonly frames: string;
  readonly at: number;
}

/**
 * Sends records by syslog over TLS (RFC 5424 in frames of RFC 5425); the message is the record's JSON. The protocol has no receipts: what was
 * sent within the last minute (4 MiB at most) is sent once more when its connection breaks.
 */
export function syslogSink({ host, port, readTrust }: SyslogOptions): AuditSink {
  let connection: Promise<TLSSocket> | undefined;
  let sent: readonly Sent[] = [];
  let isClosed = false;

  const openAgain = async (): Promise<TLSSocket> => {
    const socket = await open(host, port, await readTrust());
    socket.once('close', lost);
    // What the last connection may have lost goes first.
    const again = kept(sent).map(({ frames }) => frames);
    if (again.length > 0) await write(socket, again.join(''), AbortSignal.timeout(CONNECT_MS));
    return socket;
  };
  const connected = (): Promise<TLSSocket> => {
    if (connection !== undefined) return connection;
    const opening = openAgain();
    connection = opening;
    opening.catch(() => {
      if (connection === opening) connection = undefined;
    });
    return opening;
  };
  const lost = () => {
    connection = undefined;
    if (isClosed || kept(sent).length === 0) return;
    // Without waiting for a next record; when this fails, that one finds out why.
    setTimeout(() => void (isClosed || connected().catch(() => undefined)), RECONNECT_MS).unref();
  };
  return {
    name: `syslog:${host}:${port}`,
    send: async (records, signal) => {
      const frames = records.map(frameOf).join('');
      await write(await connected(), frames, signal);
      sent = kept([...sent, { frames, at: Date.now() }]);
    },
    close: () => {
      isClosed = true;
      void connection?.then(
        (socket) => socket.end().unref(),
        () => undefined,
      );
    },
  };
}

/** A record as a frame: its length, a blank, and the message. */
function frameOf(line: string): string {
  const record = recordOf(line);
  const severity = record?.outcome === 'ok' ? INFORMATIONAL : WARNING;
  const message = `<${FACILITY * 8 + severity}>1 ${record?.time ?? '-'} ${HOSTNAME} axiomrunner - ${record?.action ?? '-'} - ${line}`;
  return `${message.length} ${message}`;
}

/** Printable ASCII, as the header wants it. */
const HOSTNAME =
  hostname()
    .replace(/[^!-~]/g, '')
    .slice(0, 255) || '-';

function kept(sent: readonly Sent[]): readonly Sent[] {
  const since = Date.now() - KEPT_MS;
  let bytes = 0;
  const first = sent.findLastIndex(({ frames, at }) => {
    bytes += frames.length;
    return bytes > KEPT_BYTES || at < since;
  });
  return sent.slice(first + 1);
}

function open(host: string, port: number, { ca, certificate, key }: SyslogTrust): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      minVersion: 'TLSv1.2',
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(ca === undefined ? {} : { ca: [...ca] }),
      ...(certificate === undefined ? {} : { cert: certificate }),
      ...(key === undefined ? {} : { key }),
    });
    const opened = () => resolve(socket.setTimeout(0).setKeepAlive(true, 30_000));
    socket.setTimeout(CONNECT_MS, () => socket.destroy(new SinkError('TIMEOUT', 'the syslog server does not answer')));
    socket.once('error', reject).once('close', () => reject(new SinkError('CONNECTION_LOST', 'the syslog server closed the connection')));
    // Later errors show by the end of the connection. What a server says is not listened to.
    socket.on('error', () => socket.destroy()).resume();
    // By TLS 1.3 a server that refuses the client says so after the handshake; one that does not hands out a session.
    // Not within that event: what is written there stays in the socket until it is written to again.
    socket.once('session', () => setImmediate(opened)).once('secureConnect', () => setTimeout(opened, REFUSAL_MS).unref());
  });
}

function write(socket: TLSSocket, frames: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = () => {
      socket.destroy();
      reject(new SinkError('TIMEOUT', 'the syslog server does not read'));
    };
    const lost = () => reject(new SinkError('CONNECTION_LOST', 'the syslog server closed the connection'));
    if (signal.aborted) return fail();
    if (socket.destroyed) return lost();
    signal.addEventListener('abort', fail, { once: true });
    socket.once('close', lost);
    socket.write(frames, 'latin1', (error) => {
      signal.removeEventListener('abort', fail);
      socket.removeListener('close', lost);
      if (error) reject(error);
      else resolve();
    });
  });
}
