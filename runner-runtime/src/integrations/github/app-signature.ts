import { SignJWT } from 'jose';
import type { GithubSecret } from './secret.js';

/** GitHub takes at most ten minutes from now on, by its own clock, and nothing from the future: half of it for each side. */
const LEEWAY_SECONDS = 290;

/**
 * What the app proves itself with.
 * https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
 * @param now unix milliseconds
 */
export function appSignature({ app, key }: Pick<GithubSecret, 'app' | 'key'>, now: number): Promise<string> {
  const seconds = Math.floor(now / 1000);
  return new SignJWT()
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
    .setIssuer(app)
    .setIssuedAt(seconds - LEEWAY_SECONDS)
    .setExpirationTime(seconds + LEEWAY_SECONDS)
    .sign(key);
}
