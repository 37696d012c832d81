import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ArmedFault, type Fault, type FaultInjector } from './faults.js';
import { recordCall } from './traffic.js';

/** A call as a route sees it. */
export interface FakeCall {
  readonly method: string;
  readonly path: string;
  /** Variable parts of the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON or form, or nothing. */
  readonly body: unknown;
}

/** What a route answers. A body that is no text is sent as JSON. */
export interface FakeReply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export type FakeRoute = (call: FakeCall) => FakeReply | Promise<FakeReply>;

/** What makes a vendor's errors its own. */
export interface FakeVendorOptions {
  /** Name of the vendor in records of its traffic, as the conformance checker calls it; nothing is recorded of a vendor that publishes no description. */
  readonly vendor?: string;
  /** The vendor's answer to a call without a route. */
  readonly notFound: (call: FakeCall) => FakeReply;
  /** Looked at before the route: the vendor's refusal of a credential, or nothing. */
  readonly authorize?: (call: FakeCall) => FakeReply | undefined;
  /** The vendor's own words for the faults that come from it. */
  readonly refusals: Readonly<Record<'rate limit' | 'server error' | 'unavailable' | 'expired token', FakeReply>>;
}

interface Route {
  readonly method: string;
  readonly pattern: RegExp;
  readonly route: FakeRoute;
}

/**
 * A vendor's interface on a loopback port: routes over a state of its own, faults at chosen calls, records of what it was asked
 * (`RECORD_HTTP=<folder>`: JSON lines).
 */
export class FakeVendor implements FaultInjector {
  readonly #routes: Route[] = [];
  readonly #server: Server;
  readonly #faults = new ArmedFault();
  /** Calls so far, as `GET /path`. */
  readonly calls: string[] = [];
  /** Headers added to every answer: rate limits. */
  commonHeaders: () => Readonly<Record<string, string>> = () => ({});

  private constructor(private readonly options: FakeVendorOptions) {
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(options: FakeVendorOptions): Promise<FakeVendor> {
    const vendor = new FakeVendor(options);
    await new Promise<void>((resolve) => vendor.#server.listen(0, '127.0.0.1', resolve));
    return vendor;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** @param pattern `/groups/:group/users/:user`; the last part may be `:name*` for the rest of the path; a colon within a part is itself: `/groups/:group:verb` */
  on(method: string, pattern: string, route: FakeRoute): this {
    const source = pattern
      .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replace(/\/:(\w+)\*/g, '/(?<$1>.+)')
      .replace(/\/:(\w+)/g, '/(?<$1>[^/]+)');
    this.#routes.push({ method, pattern: new RegExp(`^${source}$`), route });
    return this;
  }

  arm(fault: Fault, atCall: number): void {
    this.#faults.arm(fault, atCall);
  }

  disarm(): boolean {
    return this.#faults.disarm();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    const url = new URL(request.url ?? '/', this.url);
    const found = this.#find(request.method ?? 'GET', url.pathname);
    const call: FakeCall = {
      method: request.method ?? 'GET',
      path: url.pathname,
      params: found?.params ?? {},
      query: url.searchParams,
      headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
      body: parseBody(text, String(request.headers['content-type'] ?? '')),
    };
    this.calls.push(`${call.method} ${url.pathname}${url.search}`);
    const fault = this.#faults.next();
    if (fault === 'reset before') return void request.socket.destroy();
    const own = fault === undefined ? undefined : Reflect.get(this.options.refusals, fault);
    const reply: FakeReply = (own as FakeReply | undefined) ?? (await this.#answer(call, found?.route));
    if (fault === 'reset after') return void request.socket.destroy();
    const body = reply.body === undefined ? '' : typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body);
    const { vendor } = this.options;
    if (vendor !== undefined && fault === undefined) {
      const { method, headers } = call;
      recordCall({ vendor, method, url, headers, body: text, status: reply.status, responseBody: body });
    }
    response.writeHead(reply.status, { 'content-type': 'application/json', ...this.commonHeaders(), ...reply.headers });
    if (fault === 'truncated body') {
      response.write(body.slice(0, Math.ceil(body.length / 2)));
      setImmediate(() => request.socket.destroy());
      return;
    }
    response.end(fault === 'wrong JSON' && body !== '' ? '<html>' : body);
  }

  async #answer(call: FakeCall, route: FakeRoute | undefined): Promise<FakeReply> {
    const refused = this.options.authorize?.(call);
    if (refused !== undefined) return refused;
    return route === undefined ? this.options.notFound(call) : route(call);
  }

  #find(method: string, path: string): { readonly route: FakeRoute; readonly params: Record<string, string> } | undefined {
    for (const { method: wanted, pattern, route } of this.#routes) {
      const match = wanted === method ? pattern.exec(path) : null;
      if (match === null) continue;
      const params = Object.fromEntries(Object.entries(match.groups ?? {}).map(([name, part]) => [name, decodeURIComponent(part)]));
      return { route, params };
    }
    return undefined;
  }
}

function parseBody(text: string, type: string): unknown {
  if (text === '') return undefined;
  if (type.includes('x-www-form-urlencoded')) return Object.fromEntries(new URLSearchParams(text));
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
