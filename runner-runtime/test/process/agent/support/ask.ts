import { type Agent, type IncomingHttpHeaders, request } from 'node:http';
import { isAbsolute } from 'node:path';

/** What an agent answered. */
export interface Reply {
  readonly status: number;
  /** Of a refusal. */
  readonly code: string | undefined;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

/** A request that was not answered. */
export class NoReply extends Error {
  override readonly name = 'NoReply';
  constructor(
    /** `ECONNRESET` and the like. */
    readonly code: string,
    /** Whether a part of an answer had come. */
    readonly isHalf: boolean,
  ) {
    super(isHalf ? `half an answer (${code})` : `no answer (${code})`);
  }
}

/** Who asks, and over which connections. */
export interface Asking {
  readonly token?: string | undefined;
  /** @default a connection of its own */
  readonly connections?: Agent;
  readonly method?: string;
}

/**
 * Asks an agent.
 * @param address `http://host:port`, or the path of its socket
 * @throws {NoReply}
 */
export function ask(address: string, path: string, { token, connections, method = 'GET' }: Asking = {}): Promise<Reply> {
  const where = isAbsolute(address) ? { socketPath: address, host: 'localhost' } : placeOf(address);
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    request({ ...where, path, method, headers, agent: connections ?? false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => reject(new NoReply(code, true)));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, code: /"code":"([A-Z_]+)"/.exec(body)?.[1], body, headers: response.headers }),
      );
    })
      .on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => reject(new NoReply(code, false)))
      .end();
  });
}

/** Asks for a secret. @throws {NoReply} */
export function askSecret(address: string, id: string, asking: Asking): Promise<Reply> {
  return ask(address, `/secret/${id}`, asking);
}

function placeOf(address: string): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(address);
  return { host: hostname, port: Number(port) };
}
