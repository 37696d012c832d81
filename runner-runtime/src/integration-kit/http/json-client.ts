import type { z } from 'zod';
import { RunnerError } from '../../errors.js';
import type { Fetch } from '../../operations/transport.js';
import type { SafePath } from './path.js';

/** Values of a query; those that are undefined are left out, lists are repeated. */
export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** A refusal, as the vendor's own explanation of it sees it. */
export interface Refusal {
  readonly status: number;
  readonly method: string;
  readonly path: string;
  /** The parsed body, where it is JSON: hostile, for looking up codes only. */
  readonly body: unknown;
}

/** A vendor's interface of JSON over HTTP. */
export interface JsonClientOptions {
  readonly fetch: Fetch;
  /** `https://api.example.com/v2`, without a slash at the end. */
  readonly base: string;
  /** Headers of every call: version, credential. */
  readonly headers: () => Promise<Readonly<Record<string, string>>> | Readonly<Record<string, string>>;
  /** What a refusal means, where the vendor says more than the status. */
  readonly explain?: (refusal: Refusal) => RunnerError | undefined;
}

/** One call. */
export interface Call<T> {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: SafePath;
  readonly query?: Query;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Shape of the answer: whatever does not fit is refused. */
  readonly schema: z.ZodType<T>;
}

/** An answer. */
export interface JsonAnswer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly data: T;
}

/** Calls with validated answers and typed errors. */
export class JsonClient {
  constructor(private readonly options: JsonClientOptions) {}

  /**
   * @throws {RunnerError} by status: 401 `TARGET_AUTH_FAILED`, 403 `TARGET_PERMISSION_DENIED`, 404 and 410 `TARGET_NOT_FOUND`, 409 and 412 `CONFLICT`,
   *   5xx `TARGET_UNREACHABLE`, else `UNSUPPORTED`; unless the vendor's explanation says otherwise
   */
  async call<T>({ method = 'GET', path, query = {}, body, headers = {}, schema }: Call<T>): Promise<JsonAnswer<T>> {
    const response = await this.options.fetch(this.#url(path, query), {
      method,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(await this.options.headers()),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = parse(text);
    if (!response.ok) {
      const refusal = { status: response.status, method, path, body: json };
      throw this.options.explain?.(refusal) ?? refusalError(refusal, this.#host());
    }
    const parsed = schema.safeParse(json);
    if (parsed.success) return { status: response.status, headers: response.headers, data: parsed.data };
    throw new RunnerError('TARGET_UNREACHABLE', "The answer is not of the shape that the vendor's interface promises.", {
      object: `${method} ${this.#host()}${path}`,
      mend: 'Check that no proxy answers in the place of the system, and that the address is that of its API.',
    });
  }

  /** The data of an answer. */
  async read<T>(call: Call<T>): Promise<T> {
    return (await this.call(call)).data;
  }

  #url(path: SafePath, query: Query): URL {
    const url = new URL(this.options.base + path);
    for (const [name, value] of Object.entries(query)) {
      for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) url.searchParams.append(name, String(one));
    }
    return url;
  }

  #host(): string {
    return new URL(this.options.base).host;
  }
}

/** Whether an error is a refusal of this kind: for what counts as done, e.g. removing what is gone. */
export function isNotFound(error: unknown): boolean {
  return error instanceof RunnerError && error.code === 'TARGET_NOT_FOUND';
}

/** What the reading yields, or nothing where the system does not know what it is about. */
export async function ifThere<Result>(reading: Promise<Result>): Promise<Result | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refusalError({ status, method, path }: Refusal, host: string): RunnerError {
  const object = `${method} ${host}${path}`;
  if (status === 401)
    return new RunnerError('TARGET_AUTH_FAILED', 'The system refuses the credential.', {
      object,
      mend: 'Check the credential in the secret.',
    });
  if (status === 403) {
    return new RunnerError('TARGET_PERMISSION_DENIED', 'The credential lacks a right that this needs.', {
      object,
      mend: 'Run the connection test, and compare the rights of the credential with the documentation of the integration.',
    });
  }
  if (status === 404 || status === 410)
    return new RunnerError('TARGET_NOT_FOUND', 'The system does not know what was asked for.', { object });
  if (status === 409 || status === 412)
    return new RunnerError('CONFLICT', 'Somebody else changed the same thing at the same moment.', { object, retryable: true });
  if (status >= 500 || status < 400) {
    return new RunnerError('TARGET_UNREACHABLE', `The system does not do its work (status ${status}).`, { object });
  }
  return new RunnerError('UNSUPPORTED', `The system refuses the request (status ${status}).`, { object });
}
