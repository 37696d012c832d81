/// <reference path="./digest-header.d.ts" />
import digestAuthHeader from 'digest-header';
import type { Fetch } from '../../operations/transport.js';
import type { AtlasSecret } from './secret.js';

/**
 * A transport that answers Atlas's challenge with the key pair. The nonce is kept for the calls that follow, so that only the first is sent twice:
 * a call that is challenged has not been carried out. A refusal of an answer to a fresh challenge comes back as it is.
 * https://www.mongodb.com/docs/atlas/api/api-authentication/
 */
export function digestFetch(transport: Fetch, { publicKey, privateKey }: Pick<AtlasSecret, 'publicKey' | 'privateKey'>): Fetch {
  let known: string | undefined;
  return async (input, init = {}) => {
    const { pathname, search } = new URL(input instanceof Request ? input.url : input);
    const send = (challenge: string | undefined) => {
      const headers = new Headers(init.headers);
      if (challenge !== undefined) {
        headers.set('authorization', digestAuthHeader(init.method ?? 'GET', pathname + search, challenge, `${publicKey}:${privateKey}`));
      }
      return transport(input, { ...init, headers });
    };
    const answer = await send(known);
    const challenge = answer.status === 401 ? challengeOf(answer) : undefined;
    if (challenge === undefined) return answer;
    await answer.body?.cancel();
    known = challenge;
    return send(challenge);
  };
}

/** A challenge that can be answered: the library computes MD5 only, which is what Atlas asks for. */
function challengeOf({ headers }: Response): string | undefined {
  const challenge = headers.get('www-authenticate') ?? '';
  return /^Digest\s/i.test(challenge) && /[\s,]nonce="[^"]+"/i.test(challenge) && /[\s,]realm="[^"]+"/i.test(challenge)
    ? challenge
    : undefined;
}
