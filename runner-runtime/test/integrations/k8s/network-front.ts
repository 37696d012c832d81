import type { Integration, SystemAccess } from '../../../src/integrations/integration.js';
import type { Fetch, Network } from '../../../src/operations/transport.js';
import { ArmedFault, type Fault, type FaultInjector } from '../../support/fake-vendor/faults.js';
import { isRecording, recordCall } from '../../support/fake-vendor/traffic.js';

/** Stands between an integration and a real API server: records what passes (`RECORD_HTTP=<folder>`), and makes chosen calls fail. */
export class NetworkFront implements FaultInjector {
  readonly #faults = new ArmedFault();
  /** Calls that passed, as `GET /path`. */
  readonly calls: string[] = [];

  /** The same integration, behind this front. */
  before<Secret, State>(integration: Integration<Secret, State>): Integration<Secret, State> {
    const { testConnection, collect, plan, apply, extend, revert, verify, listMarked } = integration;
    return {
      ...integration,
      testConnection: (access) => testConnection(this.#through(access)),
      collect: (access, cursor, limit) => collect(this.#through(access), cursor, limit),
      plan: (access, request) => plan(this.#through(access), request),
      apply: (access, intent) => apply(this.#through(access), intent),
      extend: (access, intent) => extend(this.#through(access), intent),
      revert: (access, intent) => revert(this.#through(access), intent),
      verify: (access, intent) => verify(this.#through(access), intent),
      listMarked: (access) => listMarked(this.#through(access)),
    };
  }

  arm(fault: Fault, atCall: number): void {
    this.#faults.arm(fault, atCall);
  }

  disarm(): boolean {
    return this.#faults.disarm();
  }

  #through<Secret>(access: SystemAccess<Secret>): SystemAccess<Secret> {
    return wrapped(access, (transport) => this.#wrap(transport));
  }

  #wrap(transport: Fetch): Fetch {
    return async (input, init) => {
      const fault = this.#faults.next();
      const method = init?.method ?? 'GET';
      const url = new URL(String(input));
      this.calls.push(`${method} ${url.pathname}`);
      if (fault === 'reset before') throw reset();
      const refusal = fault === undefined ? undefined : REFUSALS[fault];
      if (refusal !== undefined) return refuse(...refusal);
      const response = await transport(input, init);
      if (fault === 'reset after') {
        await response.arrayBuffer();
        throw reset();
      }
      if (fault === 'truncated body') return new Response(truncated(await response.text()), { status: response.status });
      if (fault === 'wrong JSON') return new Response('<html>', { status: response.status });
      return record(method, url, init, response);
    };
  }
}

/** An access whose calls can be answered, or waited for, before they are made. @param before answers instead of the system, where it returns something */
export function intercepted<Secret>(
  access: SystemAccess<Secret>,
  before: (method: string, url: URL) => Promise<Response | undefined>,
): SystemAccess<Secret> {
  return wrapped(
    access,
    (transport) => async (input, init) => (await before(init?.method ?? 'GET', new URL(String(input)))) ?? transport(input, init),
  );
}

function wrapped<Secret>(access: SystemAccess<Secret>, wrap: (transport: Fetch) => Fetch): SystemAccess<Secret> {
  const network: Network = { ...access.network, fetchTrusting: (ca) => wrap(access.network.fetchTrusting(ca)) };
  return { ...access, network };
}

const REFUSALS: Partial<Record<Fault, [number, string]>> = {
  'rate limit': [429, 'TooManyRequests'],
  'server error': [500, 'InternalError'],
  unavailable: [503, 'ServiceUnavailable'],
  'expired token': [401, 'Unauthorized'],
};

function refuse(code: number, reason: string): Response {
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: reason, reason, code };
  return Response.json(status, { status: code, ...(code === 429 ? { headers: { 'retry-after': '0' } } : {}) });
}

function reset(): Error {
  return new TypeError('fetch failed', { cause: Object.assign(new Error('reset'), { code: 'ECONNRESET' }) });
}

function truncated(text: string): ReadableStream {
  return new ReadableStream({
    start: (controller) => {
      controller.enqueue(new TextEncoder().encode(text.slice(0, text.length / 2)));
      controller.error(reset());
    },
  });
}

async function record(method: string, url: URL, init: RequestInit | undefined, response: Response): Promise<Response> {
  if (!isRecording()) return response;
  const responseBody = await response.text();
  const body = init?.body == null ? '' : Buffer.from(init.body as Uint8Array).toString();
  const { status } = response;
  recordCall({ vendor: 'kubernetes', method, url, headers: Object.fromEntries(new Headers(init?.headers)), body, status, responseBody });
  return new Response(responseBody === '' ? null : responseBody, { status, headers: response.headers });
}
