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
  /** Who asks without a token: the application that the socket stands for. */
  readonly withoutToken?: (() => Application | undefined) | undefined;
  /** Whether the agent takes no further request on a connection: else a client that asks without a pause would hold up its end. @default no */
  readonly isStopping?: (() => boolean) | undefined;
  readonly monotonic: () => number;
}

/** Answers `GET /secret/<id>` and `GET /healthz`, and says why not to everything else. */
export function requestHandler(options: HandlerOptions): RequestListener {
  const { applications, deliveries, trouble, isOwnHost, withoutToken, isStopping = () => false, monotonic } = options;
  const refuse = (response: ServerResponse, code: Problem['code'], peer: string) => sendProblem(response, deliveries.turnAway(code, peer));
  const lastOfConnection = (response: ServerResponse) => {
    if (isStopping()) response.shouldKeepAlive = false;
  };
  return (request, response) => {
    lastOfConnection(response);
    const startedAt = monotonic();
    const peer = peerOf(request);
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
    return deliveries.deliver({ application, id, peer, startedAt, headersOnly }, (problem, answer, ageSeconds) => {
      lastOfConnection(response);
      if (answer !== undefined) sendAnswer(response, answer, headersOnly, ageSeconds);
      else sendProblem(response, problem ?? new Problem('AGENT_FAILED'));
    });
  };
}

/** Written once a connection: it does not change. */
const peers = new WeakMap<Socket, string>();

function peerOf({ socket }: IncomingMessage): string {
  let peer = peers.get(socket);
  if (peer === undefined) {
    peer = describePeer(socket);
    peers.set(socket, peer);
  }
  return peer;
}

function describePeer(socket: Socket): string {
  if (socket.remoteAddress === undefined) return 'unix';
  const address = `${socket.remoteAddress}:${socket.remotePort}`;
  const certificate = 'getPeerCertificate' in socket ? (socket as TLSSocket).getPeerCertificate() : undefined;
  const name: unknown = certificate?.subject?.CN;
  return typeof name === 'string' ? `${name} (${address})` : address;
}
