import { connect } from 'node:net';
import type { Application, Applications } from '../../../src/agent/applications/application.js';
import { agentSettingsSchema, type ListenSettings } from '../../../src/agent/config/agent-settings.js';
import { Deliveries } from '../../../src/agent/delivery/deliveries.js';
import { openListeners } from '../../../src/agent/http/listeners.js';
import { requestHandler } from '../../../src/agent/http/request-handler.js';
import { createLogger } from '../../../src/operations/logger.js';
import { playedSource } from './source.js';

/** Token and ids of an application that a test knows. */
export interface KnownApplication {
  readonly token: string;
  readonly allow: readonly string[];
}

/** The way of a request through listeners, checks, deliveries and cache, with a scripted vault behind it and a trail in memory. */
export async function openedAgent({
  applications = {
    billing: { token: 'billing-token', allow: ['db-production'] },
    reports: { token: 'reports-token', allow: ['reports/*'] },
  },
  settings = {},
  listen = {},
  ofSocket,
}: {
  readonly applications?: Readonly<Record<string, KnownApplication>>;
  readonly settings?: Record<string, unknown>;
  readonly listen?: Partial<ListenSettings>;
  readonly ofSocket?: string;
} = {}) {
  const { limits } = agentSettingsSchema.parse(settings);
  const played = playedSource(settings);
  const { source, clock, trail } = played;
  const log = createLogger({ write: (line) => played.log.push(line) });
  const deliveries = new Deliveries({ source, trail, limits, log, monotonic: clock.monotonic });
  const known = new Map(Object.entries(applications).map(([name, { allow }]) => [name, applicationOf(name, allow)]));
  const live: Applications = {
    authenticate: (token) => {
      const name = Object.entries(applications).find(([, application]) => application.token === token)?.[0];
      return name === undefined ? undefined : known.get(name);
    },
    named: (name) => known.get(name),
  };
  const listeners = await openListeners({
    settings: { address: '127.0.0.1:0', ...listen },
    connections: limits.connections,
    handler: (isOwnHost, withoutToken) =>
      requestHandler({
        applications: live,
        deliveries,
        trouble: () => trail.failure && 'AUDIT_UNAVAILABLE',
        isOwnHost,
        withoutToken,
        monotonic: clock.monotonic,
      }),
    ofSocket: () => (ofSocket === undefined ? undefined : known.get(ofSocket)),
    turnedAway: (code) => void deliveries.turnAway(code, 'unread'),
    log,
  });
  const url = listeners.addresses.find((address) => address.startsWith('http')) ?? '';
  return {
    ...played,
    addresses: listeners.addresses,
    url,
    port: url === '' ? 0 : Number(new URL(url).port),
    deliveries,
    close: async () => {
      await listeners.close(0);
      deliveries.close();
      source.close();
    },
  };
}

function applicationOf(name: string, allow: readonly string[]): Application {
  return {
    name,
    allows: (id) =>
      allow.some((pattern) => pattern === '*' || pattern === id || (pattern.endsWith('/*') && id.startsWith(pattern.slice(0, -1)))),
  };
}

/** Writes bytes to a port and reads until the other side closes. */
export function exchange(port: number, ...parts: readonly (string | Buffer)[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => {
      for (const part of parts) socket.write(part);
    });
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' || error.code === 'EPIPE' ? resolve(answer) : reject(error),
    );
  });
}

/** A request as text, with the headers that an honest application sends unless others are given; the connection is closed after it. */
export function request(
  path: string,
  headers: readonly string[] = ['Host: localhost', 'Authorization: Bearer billing-token'],
  method = 'GET',
): string {
  return [`${method} ${path} HTTP/1.1`, ...headers, 'Connection: close', '', ''].join('\r\n');
}

/** Status of the first answer in what came back. */
export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
}

/** Code of the problem in what came back. */
export function codeOf(answer: string): string | undefined {
  return /"code":"([A-Z_]+)"/.exec(answer)?.[1];
}
