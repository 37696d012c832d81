import { RunnerError } from '../../errors.js';
import type { SystemAccess } from '../../integrations/integration.js';
import type { Fetch } from '../../operations/transport.js';
import { type Meaning, networkMeanings, tlsMeaning, type WhereToMend } from '../network-failure.js';
import type { Pacer } from './pacer.js';
import { rateLimitIn } from './rate-limit.js';

/** A whole call with its answer's body, ms. */
const CALL_TIMEOUT_MS = 30_000;
const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 8_000;
/** A vendor that wants a longer pause gets it between the attempts of the task's step. */
const LONGEST_OBEYED_PAUSE_MS = 20_000;
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
/** RFC 9110, 9.2.2: what may be sent again when nobody knows whether it arrived. */
const IDEMPOTENT = ['GET', 'HEAD', 'PUT', 'DELETE'];

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** How a vendor's interface differs from the usual. */
export interface VendorFetchOptions {
  /** Where a user mends an unreachable address. */
  readonly where: WhereToMend;
  /** A call that changes nothing though its method says otherwise. @default GET and HEAD */
  readonly isRead?: (method: string, url: URL) => boolean;
  /** Refusals that mean "later" though their status says otherwise. @default status 429 */
  readonly isThrottled?: (answer: Answer) => boolean;
  /** What the vendor counts together. @default its host */
  readonly bucket?: (method: string, url: URL) => string;
}

type Caller = Pick<SystemAccess<unknown>, 'gate' | 'signal'> & { readonly pacer: Pacer };

/**
 * A `fetch` for a vendor's interface, for our own client and for vendors' libraries alike: passes the gate before each change, keeps to the
 * vendor's limits, repeats what may be repeated with jitter, bounds time and size. Answers other than a refusal for now come back as they are.
 * @throws {RunnerError} `TARGET_UNREACHABLE`, `RATE_LIMITED`
 */
export function vendorFetch(caller: Caller, transport: Fetch, options: VendorFetchOptions): Fetch {
  const { isRead = () => false, isThrottled = () => false, bucket = (_, url) => url.host } = options;
  return async (input, init) => {
    const request = new Request(input, init);
    const { method } = request;
    const url = new URL(request.url);
    const body = request.body === null ? undefined : new Uint8Array(await request.arrayBuffer());
    const changes = method !== 'GET' && method !== 'HEAD' && !isRead(method, url);
    const repeatable = !changes || IDEMPOTENT.includes(method);
    const counted = bucket(method, url);
    const signal = init?.signal == null ? caller.signal : AbortSignal.any([caller.signal, init.signal]);

    const call = async (): Promise<Answer> => {
      await caller.pacer.turn(counted, signal);
      signal.throwIfAborted();
      if (changes) caller.gate.check();
      const bounded = AbortSignal.any([signal, AbortSignal.timeout(CALL_TIMEOUT_MS)]);
      const response = await transport(url, { method, headers: request.headers, body: body ?? null, signal: bounded });
      caller.pacer.learn(counted, response.headers);
      return { status: response.status, headers: response.headers, body: await readBody(response) };
    };
    const throttled = (answer: Answer) => answer.status === 429 || isThrottled(answer);
    const mayPass = (answer: Answer) =>
      throttled(answer) ? pauseAskedFor(answer) <= LONGEST_OBEYED_PAUSE_MS : repeatable && answer.status >= 500;
    const persist = async (): Promise<Answer> => {
      for (let attempt = 1; ; attempt += 1) {
        let asked = 0;
        try {
          const answer = await call();
          if (attempt === ATTEMPTS || !mayPass(answer)) return answer;
          asked = pauseAskedFor(answer);
        } catch (error) {
          if (signal.aborted || error instanceof RunnerError) throw error;
          if (attempt === ATTEMPTS || !repeatable || isLasting(error)) throw unreachable(error, url, options.where);
        }
        await caller.pacer.wait(asked + jitter(attempt), signal);
      }
    };
    const answer = await persist();
    if (throttled(answer)) throw rateLimited(answer, url);
    const empty = answer.status === 204 || answer.status === 304 || answer.body.length === 0;
    return new Response(empty ? null : Buffer.from(answer.body), { status: answer.status, headers: answer.headers });
  };
}

async function readBody(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) {
      throw new RunnerError('UNSUPPORTED', `An answer of the system is larger than ${MAX_ANSWER_BYTES} bytes.`, {
        object: new URL(response.url).host,
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Milliseconds before the next attempt: growing, and random over the whole of it, so that runners do not march in step. */
function jitter(attempt: number): number {
  return Math.random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt);
}

/** RFC 9110, 10.2.3; without it the moment at which a used-up limit is renewed. Milliseconds, 0 where the vendor says nothing. */
function pauseAskedFor({ headers }: Answer): number {
  const after = headers.get('retry-after');
  if (after !== null) {
    const seconds = Number(after);
    const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(after) - Date.now();
    return Number.isFinite(ms) ? Math.max(0, ms) : 0;
  }
  const now = Date.now();
  const { remaining, renewedAt } = rateLimitIn(headers, now);
  return remaining === 0 && renewedAt !== undefined ? Math.max(0, renewedAt - now) : 0;
}

/** What will not be better in a second; the task's step is tried again later. */
function isLasting(error: unknown): boolean {
  const code = failureCode(error);
  return (
    ['ENOTFOUND', 'ECONNREFUSED', 'UND_ERR_CONNECT_TIMEOUT', 'EHOSTUNREACH', 'ENETUNREACH'].includes(code) || tlsMeaning(code) !== undefined
  );
}

/** The code of a failed `fetch`, or of what it was caused by; empty where there is none. */
export function failureCode(error: unknown): string {
  for (let at = error as Failure | undefined; typeof at === 'object' && at !== null; at = at.cause ?? at.errors?.[0]) {
    if (typeof at.code === 'string') return at.code;
    if (at.name === 'TimeoutError') return 'ETIMEDOUT';
  }
  return '';
}

/** What errors of Node and of undici carry. */
interface Failure {
  readonly name?: string;
  readonly code?: unknown;
  readonly cause?: Failure;
  readonly errors?: readonly Failure[];
}

function unreachable(error: unknown, { host }: URL, where: WhereToMend): RunnerError {
  const code = failureCode(error);
  const meaning: Meaning = networkMeanings(where)[code] ??
    tlsMeaning(code) ?? { code: 'TARGET_UNREACHABLE', message: 'The call failed on its way.' };
  return new RunnerError(meaning.code, meaning.message, { object: host, mend: meaning.mend });
}

function rateLimited(answer: Answer, { host }: URL): RunnerError {
  const retryAfterMs = pauseAskedFor(answer);
  return new RunnerError('RATE_LIMITED', 'The system takes no more calls for now: its rate limit is used up.', {
    object: host,
    mend: 'Nothing: the runner tries again. Where it happens often, see who else uses the same limit.',
    ...(retryAfterMs > 0 ? { retryAfterMs } : {}),
  });
}
