import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { RunnerError } from '../../../errors.js';
import type { Logger } from '../../../operations/logger.js';
import type { Fetch } from '../../../operations/transport.js';
import type { SeguraVaultSettings } from '../../config/agent-settings.js';
import type { Identity } from '../../pairing/identity.js';
import { parseMoment } from '../moment.js';
import { mapFields } from '../secret-mapping.js';
import type { Vault, VaultRequest, VaultSecret } from '../vault.js';
import { endpointsOf } from './endpoints.js';
import { answerOf, isUnauthenticated, refusalOf, unavailable, type VaultAnswer } from './refusal.js';
import { signIn } from './sign-in.js';
import { vaultHttp } from './vault-http.js';

/** What the vault is opened with. */
export interface SeguraVaultOptions {
  readonly settings: SeguraVaultSettings;
  readonly identity: Identity;
  /** Trusts what vouches for the vault, and shows the identity's certificate where it is one. */
  readonly fetch: Fetch;
  /** Longest time of one call, ms. */
  readonly timeoutMs: number;
  readonly log: Logger;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** RFC 9110, 8.8.3; longer ones do not belong into an audit trail. */
const ENTITY_TAG = /^(W\/)?"[\x21\x23-\x7e]{1,200}"$/;
/** Where version 1 and 2 hold the value; `content` is the older spelling. */
const PASSWORD_FIELDS = ['password', 'content'] as const;

const credentialSchema = z.looseObject({
  username: z.string().nullish(),
  password: z.string().nullish(),
  content: z.string().nullish(),
  expiration_time: z.unknown().optional(),
});
/** Version 2 puts `credential` where version 1 does, or below `data`. */
const answerSchema = z.union([
  z.looseObject({ credential: credentialSchema }).transform(({ credential }) => credential),
  z.looseObject({ data: z.looseObject({ credential: credentialSchema }) }).transform(({ data }) => data.credential),
]);

/** Credentials of the Segura (senhasegura) vault, by its A2A interface: https://docs.senhasegura.io/docs/api-default-request */
export function seguraVault({ settings, identity, fetch, timeoutMs, log, now }: SeguraVaultOptions): Vault {
  const endpoints = endpointsOf(settings);
  const http = vaultHttp(fetch, timeoutMs);
  const tokens = signIn(identity, endpoints, http, now);
  const versionKey = randomBytes(32);
  const nameOf = ({ id, settings: secret }: VaultRequest) => secret?.name ?? id;

  const send = async (url: string, token: string, known: VaultSecret | undefined, signal: AbortSignal): Promise<VaultAnswer> => {
    const requestId = randomUUID();
    const condition =
      settings.api === 'v2' && known !== undefined && ENTITY_TAG.test(known.version) ? { 'if-none-match': known.version } : {};
    const headers = { accept: 'application/json', authorization: `Bearer ${token}`, 'x-request-id': requestId, ...condition };
    const answer = await answerOf(await http.call(url, { method: 'GET', headers }, signal));
    log.debug('The vault answered.', {
      request: requestId,
      vaultRequest: safeId(answer.headers.get('x-request-id')),
      status: answer.status,
    });
    return answer;
  };
  const read = async (request: VaultRequest): Promise<VaultAnswer> => {
    const url = endpoints.credential(nameOf(request));
    const token = await tokens.token(request.signal);
    const answer = await send(url, token, request.known, request.signal);
    if (!isUnauthenticated(answer)) return answer;
    // The token may have ended before its time.
    return send(url, await tokens.token(request.signal, token), request.known, request.signal);
  };
  const fetchSecret = async (request: VaultRequest): Promise<VaultSecret> => {
    const name = nameOf(request);
    const answer = await read(request);
    if (answer.status === 304 && request.known !== undefined) return unchanged(request.known, now());
    const refusal = refusalOf(answer, name, now());
    if (refusal !== undefined) throw refusal;
    const { data: credential } = answerSchema.safeParse(answer.body);
    if (credential === undefined) throw unavailable(name, 'its answer is no credential');
    requireValue(credential, settings, request);
    const mapped = mapFields(credential, request.settings, name, PASSWORD_FIELDS);
    const expiresAt = mapped.expiresAt ?? custodyEnd(credential.expiration_time, now());
    const tag = settings.api === 'v2' ? answer.headers.get('etag') : null;
    const version = tag !== null && ENTITY_TAG.test(tag) ? tag : fingerprint(versionKey, [name, mapped.username, mapped.password]);
    return { ...mapped, version, ...(expiresAt === undefined ? {} : { expiresAt }) };
  };
  return {
    name: 'segura',
    perApplication: false,
    fetch: fetchSecret,
    ...(settings.api === 'v2' && { versionOf: async (request: VaultRequest) => (await fetchSecret(request)).version }),
    test: async (signal) => {
      await tokens.token(signal);
      return `${identity.clientId} at ${endpoints.base}`;
    },
    close: async () => tokens.forget(),
  };
}

/** The published version 2 tells everything of a credential but its value. */
function requireValue(credential: z.output<typeof credentialSchema>, { api }: SeguraVaultSettings, request: VaultRequest): void {
  const field = request.settings?.password_field;
  if (api !== 'v2' || (field !== undefined && field !== '*') || PASSWORD_FIELDS.some((name) => (credential[name] ?? '') !== '')) return;
  throw new RunnerError('SECRET_MALFORMED', 'Version 2 of the interface of this vault shows no passwords.', {
    object: request.settings?.name ?? request.id,
    mend: 'Set vault.api to v1, or vault.paths.credential to the path that shows them.',
  });
}

/** The vendor does not say what becomes of a value at this time, nor its zone (taken as UTC): one in the past says nothing of what was just read. */
function custodyEnd(value: unknown, now: number): number | undefined {
  const end = parseMoment(value);
  return end !== undefined && end > now ? end : undefined;
}

/** An end that has passed says nothing of what the vault has just called unchanged. */
function unchanged({ expiresAt, ...known }: VaultSecret, now: number): VaultSecret {
  return expiresAt !== undefined && expiresAt > now ? { ...known, expiresAt } : known;
}

/** Equal for equal values within this process, and of no use for guessing them. */
function fingerprint(key: Buffer, parts: readonly string[]): string {
  return createHmac('sha256', key).update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

function safeId(text: string | null): string | undefined {
  return text !== null && /^[\w.:-]{1,128}$/.test(text) ? text : undefined;
}
