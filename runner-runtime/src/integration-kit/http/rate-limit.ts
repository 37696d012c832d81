/** A number this large is a moment, not a number of seconds from now. */
const EPOCH_FROM = 1_000_000_000;

/** What a vendor says of its limit; each is absent where it says nothing. */
export interface RateLimit {
  readonly limit: number | undefined;
  readonly remaining: number | undefined;
  /** When the limit is renewed, unix milliseconds. */
  readonly renewedAt: number | undefined;
}

/**
 * Reads `X-RateLimit-*`, `X-Rate-Limit-*` (Okta) and `RateLimit-*` (https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/).
 * @param now unix milliseconds
 */
export function rateLimitIn(headers: Headers, now: number): RateLimit {
  const reset = read(headers, 'reset');
  return {
    limit: read(headers, 'limit'),
    remaining: read(headers, 'remaining'),
    renewedAt: reset === undefined ? undefined : reset >= EPOCH_FROM ? reset * 1000 : now + reset * 1000,
  };
}

function read(headers: Headers, what: 'limit' | 'remaining' | 'reset'): number | undefined {
  const text = headers.get(`x-ratelimit-${what}`) ?? headers.get(`x-rate-limit-${what}`) ?? headers.get(`ratelimit-${what}`);
  const value = text === null ? Number.NaN : Number(text);
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}
