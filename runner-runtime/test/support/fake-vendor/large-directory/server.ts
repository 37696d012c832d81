import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FakeReply } from '../fake-vendor.js';
import { INVALID_TOKEN, NOT_FOUND, refusal } from '../okta/replies.js';
import { type DirectorySize, LargeDirectory } from './directory.js';

const HOST = 'example.okta.com';
const TOKEN = '00exampleOfATokenOfALargeDirectory';
const LIMIT = 600;
const WINDOW_SECONDS = 60;
const TOO_MANY = refusal(429, 'E0000047', 'API call exceeded rate limit due to too many requests.');

/** Which requests fail, by their number: the same in every run. */
export interface DirectoryFaults {
  /** Every n-th is answered 429. @default none */
  readonly refuseEvery?: number;
  /** Seconds that such an answer asks to wait. @default 0 */
  readonly pauseSeconds?: number;
  /** The connection of every n-th is reset. @default none */
  readonly resetEvery?: number;
}

/** What reading it takes of Okta's interface, over a directory that is computed; it keeps nothing but the number of its requests. */
export class LargeDirectoryServer {
  readonly #server: Server;
  #holdFrom = Number.POSITIVE_INFINITY;
  #reached = () => {};
  readonly #held: (() => void)[] = [];
  requests = 0;
  refusals = 0;
  resets = 0;

  private constructor(
    readonly directory: LargeDirectory,
    private readonly faults: DirectoryFaults,
  ) {
    this.#server = createServer((request, response) => this.#receive(request, response));
  }

  static async start(size: DirectorySize, faults: DirectoryFaults = {}): Promise<LargeDirectoryServer> {
    const server = new LargeDirectoryServer(new LargeDirectory(size), faults);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  /** The secret that leads an integration here. */
  get secret() {
    return { okta_domain: HOST, token: TOKEN, api_base_url: `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}` };
  }

  /** Answers nothing from a request on. @returns when that request has come */
  holdFrom(request: number): Promise<void> {
    this.#holdFrom = request;
    return new Promise((resolve) => {
      this.#reached = resolve;
    });
  }

  /** Answers again. */
  release(): void {
    this.#holdFrom = Number.POSITIVE_INFINITY;
    for (const answer of this.#held.splice(0)) answer();
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    this.requests += 1;
    const number = this.requests;
    if (number < this.#holdFrom) this.#serve(number, request, response);
    else {
      this.#held.push(() => this.#serve(number, request, response));
      this.#reached();
    }
  }

  #serve(number: number, request: IncomingMessage, response: ServerResponse): void {
    const { refuseEvery = Number.POSITIVE_INFINITY, resetEvery = Number.POSITIVE_INFINITY, pauseSeconds = 0 } = this.faults;
    if (number % resetEvery === 0) {
      this.resets += 1;
      request.socket.resetAndDestroy();
    } else if (number % refuseEvery === 0) {
      this.refusals += 1;
      send(response, { ...TOO_MANY, headers: { 'retry-after': String(pauseSeconds) } }, { remaining: 0, seconds: pauseSeconds });
    } else {
      send(response, this.#answer(request), { remaining: LIMIT - 1, seconds: WINDOW_SECONDS });
    }
  }

  #answer({ url = '/', headers }: IncomingMessage): FakeReply {
    if (headers.authorization !== `SSWS ${TOKEN}`) return INVALID_TOKEN;
    const { pathname, searchParams } = new URL(url, `https://${HOST}`);
    const { directory } = this;
    const { size } = directory;
    const page = (count: number, shape: (place: number) => unknown) => pageOf(pathname, searchParams, count, shape);
    switch (pathname) {
      case '/api/v1/org':
        return { status: 200, body: { id: directory.orgId, companyName: 'Example' } };
      case '/api/v1/users':
        return page(size.users, (place) => directory.user(place));
      case '/api/v1/groups':
        return page(size.groups, (place) => directory.group(place));
      case '/api/v1/apps':
        return page(0, () => undefined);
      case '/api/v1/iam/assignees/users':
        return { status: 200, body: { value: [], _links: {} } };
      case '/api/v1/iam/roles':
        return { status: 200, body: { roles: [], _links: {} } };
      case '/api/v1/iam/resource-sets':
        return { status: 200, body: { 'resource-sets': [], _links: {} } };
      default: {
        const group = directory.groupAt(/^\/api\/v1\/groups\/([^/]+)\/users$/.exec(pathname)?.[1] ?? '');
        if (group === undefined) return NOT_FOUND;
        return page(size.members, (place) => directory.user(directory.memberOf(group, place)));
      }
    }
  }
}

/** A piece of a list of `count` elements, with the next one in the header `Link`, https://developer.okta.com/docs/api/#pagination */
function pageOf(path: string, query: URLSearchParams, count: number, shape: (place: number) => unknown): FakeReply {
  const from = Number(Buffer.from(query.get('after') ?? 'MA', 'base64url').toString());
  const to = Math.min(count, from + Math.min(200, Number(query.get('limit') ?? 200)));
  const following = new URLSearchParams(query);
  following.set('after', Buffer.from(String(to)).toString('base64url'));
  const self = `<https://${HOST}${path}>; rel="self"`;
  const link = to < count ? `${self}, <https://${HOST}${path}?${following}>; rel="next"` : self;
  return { status: 200, headers: { link }, body: Array.from({ length: to - from }, (_, place) => shape(from + place)) };
}

function send(response: ServerResponse, { status, headers, body }: FakeReply, left: { remaining: number; seconds: number }): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'x-rate-limit-limit': String(LIMIT),
    'x-rate-limit-remaining': String(left.remaining),
    'x-rate-limit-reset': String(Math.floor(Date.now() / 1000) + left.seconds),
    ...headers,
  });
  response.end(text);
}
