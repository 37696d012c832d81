import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import type { LookupFunction } from 'node:net';
import { AGENT_SECRET_PATH } from '../../../../contract/agent.js';
import { EXIT_SOFTWARE, EXIT_UNAVAILABLE } from '../../../../contract/exit-codes.js';
import { type AgentAddress, shownAddress } from './agent-address.js';
import { Failure } from './failure.js';

/** What an agent answered. */
export interface AgentAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** How to ask. */
export interface Question {
  readonly id: string;
  readonly token: string | undefined;
  /** For everything together. */
  readonly timeoutMs: number;
}

/** A secret of 64 KiB, as the largest that a vault takes, has room in it with each of its characters escaped. */
const MAX_ANSWER_BYTES = 1_048_576;
/** Asks an agent for a secret. Follows no redirect. @throws {Failure} when no agent answers */
export async function askAgent(address: AgentAddress, question: Question): Promise<AgentAnswer> {
  const signal = AbortSignal.timeout(question.timeoutMs);
  try {
    return await ask(address, question, signal);
  } catch (error) {
    if (error instanceof Failure) throw error;
    if (signal.aborted) {
      const waited = `${question.timeoutMs / 1_000} s`;
      throw new Failure(EXIT_UNAVAILABLE, `the agent at ${shownAddress(address)} did not answer in ${waited}`, 'Look at its log.');
    }
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw new Failure(EXIT_UNAVAILABLE, `no agent answers at ${shownAddress(address)} (${code})`, mendOf(code));
  }
}

async function ask(address: AgentAddress, { id, token }: Question, signal: AbortSignal): Promise<AgentAnswer> {
  const options: RequestOptions = {
    path: AGENT_SECRET_PATH + id,
    headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), accept: 'application/json' },
    agent: false,
    signal,
    ...(address.over === 'socket'
      ? { socketPath: address.path, host: 'localhost' }
      : {
          host: address.host,
          port: address.port,
          ...(address.host === 'localhost' ? { lookup: bothLoopbacks, autoSelectFamilyAttemptTimeout: 5_000 } : {}),
        }),
  };
  const request = address.over === 'https' ? (await import('node:https')).request : requestHttp;
  return new Promise((resolve, reject) => {
    request(options, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > MAX_ANSWER_BYTES) {
          response.destroy();
          reject(new Failure(EXIT_SOFTWARE, `${shownAddress(address)} answers with more than an agent would`, 'Check the address.'));
        }
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }));
    })
      .on('error', reject)
      .on('upgrade', (_, socket) => {
        socket.destroy();
        reject(new Failure(EXIT_SOFTWARE, `${shownAddress(address)} answers with another protocol`, 'Check the address.'));
      })
      .end();
  });
}

/** `localhost` is this host whatever a resolver says of it. */
const bothLoopbacks: LookupFunction = (_, { all }, callback) => {
  if (all === true) {
    callback(null, [
      { address: '127.0.0.1', family: 4 },
      { address: '::1', family: 6 },
    ]);
  } else callback(null, '127.0.0.1', 4);
};

function mendOf(code: string): string {
  if (/CERT|SELF_SIGNED|ALTNAME|UNABLE_TO/.test(code)) return "Trust the agent's certificate authority: NODE_EXTRA_CA_CERTS=<pem file>.";
  if (code === 'EACCES') return "Let this user open the socket: listen.socket.mode and group of the agent's configuration.";
  return 'Start it with "axiomrunner agent", or name its address: --address or SEGURA_AGENT_ADDRESS.';
}
