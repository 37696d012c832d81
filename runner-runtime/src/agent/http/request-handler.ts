import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Application, Applications } from '../applications/application.js';
import type { Deliveries } from '../delivery/deliveries.js';
import { Problem } from '../problem.js';
import { readRequest } from './read-request.js';
import { sendAnswer, sendJson, sendProblem } from './responses.js';

/** What answers requests. */
export interface HandlerOptions {
  readonly applications: Applications;
  readonly deliveries: Deliveries;
  /** Why the agent cannot deliver at the moment; absent while it can. */
  readonly trouble: () => string | undefined;
  readonly isOwnHost: (host: string) => boolean;
  /** Who asks without a token: the application that the socket stands for. Absent for a port. */
  readonly withoutToken?: (() => Application | undefined) | undefined;
  /** Whether the agent takes no further request on a connection: else a client that asks without a pause would hold up its end. @default no */
  readonly isStopping?: (() => boolean) | undefined;
  readonly monotonic: () => number;
}

/** Requests that wait on one connection. Who sends on and on without taking an answer would else fill the memory. */
const MOST_WAITING = 32;

/** Answers `GET /secret/<id>` and `GET /healthz`, and says why not to everything else. */
export function requestHandler(options: HandlerOptions): RequestListener {
  const { applications, deliveries, trouble, isOwnHost, withoutToken, isStopping = () => false, monotonic } = options;
  const connections = new WeakMap<Socket, Connection>();
  const connectionOf = ({ socket }: IncomingMessage): Connection => {
    let connection = connections.get(socket);
    if (connection === undefined) {
      connection = { peer: describePeer(socket, withoutToken !== undefined), waiting: 0 };
      connections.set(socket, connection);
    }
    return connection;
  };
  const refuse = (response: ServerResponse, code: Problem['code'], peer: string) => sendProblem(response, deliveries.turnAway(code, peer));
  const lastOfConnection = (response: ServerResponse) => {
    if (isStopping()) response.shouldKeepAlive = false;
  };
  return (request, response) => {
    // What was read together with the request that ended the connection.
    if (request.socket.destroyed) return;
    lastOfConnection(response);
    const startedAt = monotonic();
    const connection = connectionOf(request);
    const { peer } = connection;
    const asked = readRequest(request, isOwnHost);
    if (asked.what === 'refused') return refuse(response, asked.code, peer);
    if (asked.what === 'health') {
      const why = trouble();
      return sendJson(
        response,
        why === undefined ? 200 : 503,
        JSON.stringify(why === undefined ? { status: 'ok' } : { status: 'failing', problem: why }),
      );
    }
    const { id, token, headersOnly } = asked;
    const application = token === undefined ? withoutToken?.() : applications.authenticate(token);
    if (application === undefined) return refuse(response, token === undefined ? 'TOKEN_MISSING' : 'TOKEN_INVALID', peer);
    if (connection.waiting === MOST_WAITING) {
      deliveries.turnAway('TOO_MANY_REQUESTS', peer);
      request.socket.destroy();
      return;
    }
    connection.waiting += 1;
    return deliveries.deliver({ application, id, peer, startedAt, headersOnly }, (problem, answer, ageSeconds) => {
      connection.waiting -= 1;
      lastOfConnection(response);
      if (answer !== undefined) sendAnswer(response, answer, headersOnly, ageSeconds);
      else sendProblem(response, problem ?? new Problem('AGENT_FAILED'));
    });
  };
}

interface Connection {
  /** Does not change. */
  readonly peer: string;
  /** Requests that are not answered yet. */
  waiting: number;
}

/** A connection through the network that was reset has no address any more, and must not pass for one of the socket. */
function describePeer(socket: Socket, isUnix: boolean): string {
  if (isUnix) return 'unix';
  if (socket.remoteAddress === undefined) return 'gone';
  const address = `${socket.remoteAddress}:${socket.remotePort}`;
  const certificate = 'getPeerCertificate' in socket ? (socket as TLSSocket).getPeerCertificate() : undefined;
  const name: unknown = certificate?.subject?.CN;
  return typeof name === 'string' ? `${name} (${address})` : address;
}
