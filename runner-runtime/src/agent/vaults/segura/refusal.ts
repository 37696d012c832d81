import { z } from 'zod';
import { RunnerError } from '../../../errors.js';
import { rateLimitIn } from '../../../integration-kit/http/rate-limit.js';

/** What the vault's gateway answers to a wrong address and to a failed authentication alike. */
const NO_ROUTE = /no route matched with those values/i;

/** Numbers of refusals: https://docs.senhasegura.io/v4/docs/api-get-list-a-credential */
const NOT_FOUND = ['1007', '1010'];
const DENIED = ['1009', '1039'];
const ALLOW = "Give the agent's authorization access to the credential in the vault.";

/** A member of another kind than is documented must not hide what the others say. */
const optionalText = z.string().nullish().catch(undefined);
/** What version 1 of the interface says beside every answer. */
const verdictSchema = z.looseObject({
  status: z.coerce.number().optional().catch(undefined),
  message: optionalText,
  error: z.unknown(),
  error_code: z.union([z.string(), z.number()]).nullish().catch(undefined),
});
const envelopeSchema = z.looseObject({ response: verdictSchema.optional().catch(undefined), message: optionalText });

/** An answer, read and parsed. */
export interface VaultAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed body, where it is JSON. */
  readonly body: unknown;
}

/** Reads an answer to its end. */
export async function answerOf(response: Response): Promise<VaultAnswer> {
  const text = await response.text();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    body = undefined;
  }
  return { status: response.status, headers: response.headers, body };
}

/** Whether the vault may not have known the token: then a new one is worth a try. */
export function isUnauthenticated(answer: VaultAnswer): boolean {
  return answer.status === 401 || saysNoRoute(answer);
}

/** Whether the gateway found nobody to answer. */
export function saysNoRoute({ body }: VaultAnswer): boolean {
  const { data } = envelopeSchema.safeParse(body);
  return NO_ROUTE.test(`${data?.message ?? ''} ${data?.response?.message ?? ''}`);
}

/** What a wrong address and a failed authentication have in common. */
export function noRoute(object: string, pathSetting: string): RunnerError {
  return new RunnerError(
    'SECRET_ACCESS_DENIED',
    'The vault answers "No route matched with those values": either the address is wrong, or the authentication failed.',
    {
      object,
      mend: `Check vault.url and ${pathSetting}; then that the authorization of the agent is active in the vault and allows the address of this host; then pair again.`,
    },
  );
}

/**
 * What a refusal means.
 * @param name the credential
 * @param now unix milliseconds
 * @returns nothing for an answer that is no refusal
 */
export function refusalOf(answer: VaultAnswer, name: string, now: number): RunnerError | undefined {
  const { status, body } = answer;
  const verdict = envelopeSchema.safeParse(body).data?.response;
  if (status === 200 && !isError(verdict)) return undefined;
  if (saysNoRoute(answer)) return noRoute(name, 'vault.paths.credential');
  if (status === 429) return rateLimited(answer, name, now);
  const told = status === 200 ? (verdict?.status ?? 200) : status;
  if (told >= 500 || told === 408 || (status > 200 && status < 400)) return unavailable(name, `status ${told}`);
  const number = numberOf(verdict);
  const words = number === '' ? `status ${told}` : `error ${number}`;
  if (NOT_FOUND.includes(number) || (number === '' && (told === 404 || told === 410))) {
    return new RunnerError('SECRET_NOT_FOUND', `The vault has no credential ${name} (${words}).`, {
      object: name,
      mend: 'Check its id or identifier in the vault, and vault.paths.credential.',
    });
  }
  // What the vault refuses for a reason that is not known here must not be delivered from the cache either.
  return new RunnerError('SECRET_ACCESS_DENIED', `The vault refuses the credential ${name} to the agent (${words}).`, {
    object: name,
    mend: mendOf(told, number),
  });
}

function mendOf(status: number, number: string): string {
  if (number === '' && status === 401)
    return 'Check that the authorization of the agent is active in the vault; pair again where it was renewed.';
  return DENIED.includes(number) || status === 403 ? ALLOW : `${ALLOW} The vault's own log says more of this refusal.`;
}

/** @param now unix milliseconds */
export function rateLimited({ headers }: VaultAnswer, object: string, now: number): RunnerError {
  const after = headers.get('retry-after');
  const asked = after === null ? undefined : /^\d+$/.test(after) ? Number(after) * 1000 : Date.parse(after) - now;
  const until = asked === undefined || Number.isNaN(asked) ? (rateLimitIn(headers, now).renewedAt ?? now) - now : asked;
  return new RunnerError('RATE_LIMITED', 'The vault takes no more calls for now: its rate limit is used up.', {
    object,
    mend: 'Raise cache.ttl, or the limit in the vault.',
    ...(until > 0 ? { retryAfterMs: until } : {}),
  });
}

/** A vault that is there and does not do its work. */
export function unavailable(object: string, why: string): RunnerError {
  return new RunnerError('SECRET_STORE_UNAVAILABLE', `The vault does not do its work (${why}).`, {
    object,
    mend: 'Check the vault, and that no proxy answers in its place.',
  });
}

/** Any other spelling of the member says that there was an error. */
const NO_ERROR: readonly unknown[] = [undefined, null, false, 0, '', '0', 'false'];

function isError(verdict: z.output<typeof verdictSchema> | undefined): boolean {
  return (verdict?.status ?? 0) >= 400 || !NO_ERROR.includes(verdict?.error);
}

/** `1007` of the field or of the message `1007: Credential not found`; nothing else of the vault's words is shown. */
function numberOf(verdict: z.output<typeof verdictSchema> | undefined): string {
  const told = String(verdict?.error_code ?? '');
  if (/^[1-9]\d{0,5}$/.test(told)) return told;
  return /^(\d{1,6}):/.exec(verdict?.message ?? '')?.[1] ?? '';
}
