import { randomUUID } from 'node:crypto';
import { FakeVendor } from '../fake-vendor.js';
import { credentialRoutes } from './credential-routes.js';
import { envelope, noRoute } from './replies.js';
import { signInRoutes } from './sign-in-routes.js';

/** A client of the vault: "authorization" in the vendor's words. */
export interface SeguraClient {
  readonly id: string;
  /** One of both. */
  readonly secret?: string;
  /** Common name of the certificate that it shows. */
  readonly commonName?: string;
  active: boolean;
  /** What it may end itself with. */
  readonly registrationToken?: string;
}

/** A credential as an administrator of the vault sees it. */
export interface SeguraCredential {
  readonly id: string;
  username: string;
  password: string | null;
  content: string | null;
  expirationTime: string | null;
  /** Counts changes; names the state in version 2. */
  revision: number;
  /** Clients that may read it. */
  readonly readers: Set<string>;
}

/** A Segura (senhasegura) vault on a loopback port: sign-in, registration, versions 1 and 2 of the credentials. */
export class FakeSegura {
  readonly clients = new Map<string, SeguraClient>();
  readonly credentials = new Map<string, SeguraCredential>();
  /** One-time tokens that were not used yet. */
  readonly oneTimeTokens = new Set<string>();
  /** Tokens that were given out. */
  readonly tokens = new Map<string, { readonly client: string; readonly endsAt: number }>();
  /** Calls that version 2 takes before it asks to wait. */
  callsLeft = Number.POSITIVE_INFINITY;
  tokenLifeSeconds = 3_600;
  /** The published version 2 does not show passwords. */
  showsPasswordsInVersion2 = true;
  /** Holds every answer back until it is done. */
  held: Promise<void> | undefined;
  /** Unix milliseconds. */
  now: () => number = Date.now;

  private constructor(readonly vendor: FakeVendor) {
    signInRoutes(this);
    credentialRoutes(this);
  }

  static async start(): Promise<FakeSegura> {
    const vendor = await FakeVendor.start({
      notFound: () => noRoute(),
      refusals: {
        'rate limit': { status: 429, body: { message: 'API rate limit exceeded' }, headers: { 'retry-after': '7' } },
        'server error': envelope(500, 'Internal error', 9_999),
        unavailable: { status: 503, body: '<html>upstream</html>', headers: { 'content-type': 'text/html' } },
        'expired token': noRoute(401),
      },
    });
    return new FakeSegura(vendor);
  }

  get url(): string {
    return this.vendor.url;
  }

  stop(): Promise<void> {
    return this.vendor.stop();
  }

  /** An administrator makes a client. */
  addClient(client: Partial<SeguraClient> = {}): SeguraClient {
    const made = { id: randomUUID(), active: true, ...client };
    this.clients.set(made.id, made);
    return made;
  }

  /** An administrator stores a credential that these clients may read. */
  addCredential(credential: Partial<SeguraCredential> & { readonly id: string }, ...readers: readonly SeguraClient[]): SeguraCredential {
    const made = {
      username: 'produser',
      password: 'canary-password-1',
      content: null,
      expirationTime: null,
      revision: 1,
      readers: new Set(readers.map(({ id }) => id)),
      ...credential,
    };
    this.credentials.set(made.id, made);
    return made;
  }

  /** A rotation. */
  change(id: string, password: string): void {
    const credential = this.credentials.get(id);
    if (credential === undefined) throw new Error(`no credential ${id}`);
    credential.password = password;
    credential.revision += 1;
  }

  /** The active client of a request's token. */
  clientOf(authorization: string | undefined): SeguraClient | undefined {
    const token = this.tokens.get((authorization ?? '').replace(/^Bearer /, ''));
    const client = token === undefined || token.endsAt <= this.now() ? undefined : this.clients.get(token.client);
    return client?.active === true ? client : undefined;
  }
}
