import { type KeyObject, verify } from 'node:crypto';
import type { FakeCall, FakeReply } from '../fake-vendor.js';
import type { GithubWorld, Token } from './state.js';

const LONGEST_SIGNATURE_SECONDS = 600;

/** An error as GitHub words it. */
export function refusal(status: number, message: string): FakeReply {
  const body = { message, documentation_url: 'https://docs.github.com/rest' };
  // A validation error is described without its status.
  return { status, body: status === 422 ? body : { ...body, status: String(status) } };
}

export const NOT_FOUND = refusal(404, 'Not Found');
export const BAD_CREDENTIALS = refusal(401, 'Bad credentials');

/** Who makes a call. */
export type Caller = { readonly app: number } | { readonly token: Token; readonly text: string };

/** The clock of GitHub, unix seconds. */
export interface Clock {
  now: () => number;
  /** Whether it goes by what the app says: for tests that move the runner's clock at will. */
  follows: boolean;
}

/** Who makes the call, or why GitHub refuses them. */
export function authenticate(world: GithubWorld, clock: Clock, { headers, path }: FakeCall): Caller | FakeReply {
  const text = /^(?:Bearer|token) (\S+)$/i.exec(headers['authorization'] ?? '')?.[1] ?? '';
  if (path === '/app' || path.startsWith('/app/')) return authenticateApp(world, clock, text);
  const token = world.tokens.get(text);
  if (token === undefined || token.expiresAt <= clock.now()) return BAD_CREDENTIALS;
  return { token, text };
}

export function isReply(answer: Caller | FakeReply): answer is FakeReply {
  return 'status' in answer;
}

function authenticateApp({ apps }: GithubWorld, clock: Clock, text: string): Caller | FakeReply {
  const undecodable = refusal(401, 'A JSON web token could not be decoded');
  const [head = '', body = '', signature = ''] = text.split('.');
  const header = decode(head);
  const claims = decode(body);
  if (header === undefined || claims === undefined || header['alg'] !== 'RS256') return undecodable;
  const { iss, iat, exp } = claims;
  const key = apps.get(Number(iss));
  if (key === undefined) return refusal(404, 'Integration not found');
  if (!isSigned(key, `${head}.${body}`, signature)) return undecodable;
  if (typeof iat !== 'number' || typeof exp !== 'number') return undecodable;
  if (clock.follows) {
    const now = (iat + exp) / 2;
    clock.now = () => now;
  }
  if (exp <= clock.now()) {
    return refusal(
      401,
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
    );
  }
  if (exp > clock.now() + LONGEST_SIGNATURE_SECONDS) return refusal(401, "'Expiration time' claim ('exp') is too far in the future");
  if (iat > clock.now())
    return refusal(401, "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued");
  return { app: Number(iss) };
}

function isSigned(key: KeyObject, text: string, signature: string): boolean {
  return verify('RSA-SHA256', Buffer.from(text), key, Buffer.from(signature, 'base64url'));
}

function decode(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}
