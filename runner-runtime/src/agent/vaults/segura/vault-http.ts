import { RunnerError } from '../../../errors.js';
import { failureCode } from '../../../integration-kit/http/vendor-fetch.js';
import { networkMeanings, tlsMeaning } from '../../../integration-kit/network-failure.js';
import type { Fetch } from '../../../operations/transport.js';
import { boundedSignal } from '../bounded-signal.js';

/** Largest answer, bytes: a credential may hold a key file. */
const MOST_BYTES = 1_048_576;
const MEANINGS = networkMeanings({ host: 'vault.url', port: 'its port in vault.url', ca: 'a file, and name that as vault.ca' });
/** A kept connection that the server has closed meanwhile: nothing was answered, so the call may be sent again. */
const BROKEN = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'];

/** Calls the vault: bounded in time and size, never to another host. */
export interface VaultHttp {
  /**
   * @returns the answer, read to its end
   * @throws {RunnerError} `SECRET_STORE_UNAVAILABLE` when none came; the signal's reason once it is aborted
   */
  call(url: string, init: VaultCall, signal: AbortSignal): Promise<Response>;
}

/** A call. */
export interface VaultCall {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Whether it may be sent again when nobody knows whether it arrived. @default all but POST */
  readonly isRepeatable?: boolean;
}

/** @param timeoutMs longest time of one call with its repetition, ms */
export function vaultHttp(fetch: Fetch, timeoutMs: number): VaultHttp {
  const once = async (url: string, { method, headers = {}, body }: VaultCall, signal: AbortSignal): Promise<Response> => {
    const response = await fetch(url, { method, headers, body: body ?? null, redirect: 'manual', signal });
    const answer = await read(response, url);
    return new Response(answer.length === 0 ? null : answer, { status: response.status, headers: response.headers });
  };
  return {
    call: async (url, init, signal) => {
      const bounded = boundedSignal(signal, timeoutMs);
      try {
        return await once(url, init, bounded).catch((error: unknown) => {
          if (bounded.aborted || !(init.isRepeatable ?? init.method !== 'POST') || !BROKEN.includes(failureCode(error))) throw error;
          return once(url, init, bounded);
        });
      } catch (error) {
        signal.throwIfAborted();
        throw error instanceof RunnerError ? error : unreachable(bounded.aborted ? 'ETIMEDOUT' : failureCode(error), url);
      }
    },
  };
}

async function read(response: Response, url: string): Promise<Buffer<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MOST_BYTES) {
      throw new RunnerError('SECRET_MALFORMED', `The vault's answer is larger than ${MOST_BYTES} bytes.`, { object: new URL(url).host });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function unreachable(code: string, url: string): RunnerError {
  const { message, mend } = MEANINGS[code] ?? tlsMeaning(code) ?? { message: 'The call failed on its way.' };
  return new RunnerError('SECRET_STORE_UNAVAILABLE', `The vault did not answer: ${message}`, {
    object: new URL(url).host,
    mend: mend?.replaceAll('the runner', 'the agent') ?? 'Check vault.url, and the route to the vault.',
  });
}
