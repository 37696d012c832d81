import type { ServerResponse } from 'node:http';
import { AGENT_STALE_HEADER } from '../../../../contract/agent.js';
import type { Answer } from '../delivery/answer.js';
import type { Problem } from '../problem.js';

const PROBLEM_TYPE = 'application/problem+json';

/** Sends a secret. The length stays out of an answer without a body: it would tell that of the password. */
export function sendAnswer(response: ServerResponse, { body, bytes }: Answer, headersOnly: boolean, ageSeconds: number | undefined): void {
  const headers = ['content-type', 'application/json', 'cache-control', 'no-store'];
  if (ageSeconds !== undefined) headers.push(AGENT_STALE_HEADER, String(ageSeconds));
  if (headersOnly) {
    response.writeHead(200, headers).end();
    return;
  }
  headers.push('content-length', String(bytes));
  response.writeHead(200, headers).end(body);
}

/** Sends a JSON text. */
export function sendJson(response: ServerResponse, status: number, body: string): void {
  response
    .writeHead(status, ['content-type', 'application/json', 'cache-control', 'no-store', 'content-length', String(Buffer.byteLength(body))])
    .end(body);
}

/** Sends a problem by RFC 9457. */
export function sendProblem(response: ServerResponse, problem: Problem): void {
  const body = problemBody(problem);
  const headers = ['content-type', PROBLEM_TYPE, 'cache-control', 'no-store', 'content-length', String(Buffer.byteLength(body))];
  if (problem.status === 401) headers.push('www-authenticate', 'Bearer realm="axiomrunner"');
  if (problem.status === 405) headers.push('allow', 'GET, HEAD');
  if (problem.retryAfterSeconds !== undefined) headers.push('retry-after', String(problem.retryAfterSeconds));
  // A request that was not understood may have left something behind that would pass for the next one.
  if (problem.status === 400) headers.push('connection', 'close');
  response.writeHead(problem.status, headers).end(body);
}

/** The same as a whole message, for a connection on which no request could be read. */
export function rawProblem(problem: Problem): string {
  const body = problemBody(problem);
  return [
    `HTTP/1.1 ${problem.status} ${problem.code}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'cache-control: no-store',
    'connection: close',
    '',
    body,
  ].join('\r\n');
}

function problemBody({ code, status, message, mend }: Problem): string {
  return JSON.stringify({ type: 'about:blank', title: code, status, code, detail: message, mend });
}
