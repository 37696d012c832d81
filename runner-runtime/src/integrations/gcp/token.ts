import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import type { AccessWay } from '../../integration-kit/access-way.js';
import { isNotFound } from '../../integration-kit/http/json-client.js';
import { path } from '../../integration-kit/http/path.js';
import { type ObjectKind, objectLife } from '../../integration-kit/objects/object-life.js';
import { nativeExpiryOf } from '../../integration-kit/turn.js';
import type { AccessRequest, Plan } from '../integration.js';
import type { Intent } from '../intent.js';
import { type Access, googleCloud } from './api.js';
import { isServiceAccountEmail, normalEmail } from './names.js';
import { permissionsSchema } from './permissions.js';
import { accountSchema, refuseRunner } from './principals.js';
import { resolveResource } from './resources.js';
import type { GcpSecret } from './secret.js';
import type { TokenState } from './state.js';

const SCOPE = ['https://www.googleapis.com/auth/cloud-platform'];
/** The longest that Google gives without an organization policy: https://cloud.google.com/iam/docs/create-short-lived-credentials-direct */
const LONGEST_SECONDS = 3600;
const MAKE_TOKENS = 'iam.serviceAccounts.getAccessToken';

const tokenSchema = z.object({ accessToken: z.string().min(1), expireTime: z.iso.datetime({ offset: true }) });
/** When the last token expires that was handed out, unix seconds. */
const rememberedSchema = z.object({ expiresAt: z.int() });

/**
 * An access token of a service account. Nothing ends it before it expires, but what would end every use of the account; so it never outlives
 * the access, and its end is proved by the clock.
 */
const kind: ObjectKind<GcpSecret, TokenState> = {
  // Tokens have no names: none can be somebody else's.
  exists: async () => false,

  make: async (access, { state, expiresAt, requestId }, remembered) => {
    const left = Math.floor(expiresAt - access.now() / 1000);
    if (left < 1) throw new RunnerError('TASK_REJECTED', 'The access has ended already.', { object: requestId });
    const { accessToken, expireTime } = await googleCloud(access).credentials.read({
      method: 'POST',
      path: path`/v1/projects/-/serviceAccounts/${state.account}:generateAccessToken`,
      body: { scope: SCOPE, lifetime: `${Math.min(LONGEST_SECONDS, left)}s` },
      schema: tokenSchema,
    });
    const ends = Math.ceil(Date.parse(expireTime) / 1000);
    const short = left > LONGEST_SECONDS ? ['that is before the end of the access: ask again for another token'] : [];
    return {
      credential: { token: accessToken, serviceAccount: state.account, expiresAt: timeOf(ends) },
      actions: [`made an access token of ${state.account}, which cannot be revoked and expires at ${timeOf(ends)}`, ...short],
      remember: { expiresAt: Math.max(ends, lastExpiry(remembered) ?? 0) },
    };
  },

  extend: async (_, { requestId }) => {
    throw new RunnerError('UNSUPPORTED', 'An access token cannot be extended.', { object: requestId, mend: 'Ask for a new one.' });
  },

  remove: async (access, { state }, remembered) => {
    const ends = lastExpiry(remembered);
    if (ends === undefined) return { actions: ['no token was handed out'], warnings: [] };
    if (hasPassed(access, ends)) return { actions: [`the token expired at ${timeOf(ends)}`], warnings: [] };
    return {
      actions: [],
      warnings: [`the access token of ${state.account} cannot be revoked: expires at ${timeOf(ends)}`],
    };
  },

  prove: async (access, intent, remembered) => {
    const known = lastExpiry(remembered);
    // The record may be gone by now: then the intent says until when a token can live.
    const ends = known ?? latestExpiry(intent);
    const proved = hasPassed(access, ends);
    const tense = proved ? 'expired' : 'expires';
    const answer =
      known === undefined ? `none is recorded; one that was made ${tense} by ${timeOf(ends)}` : `it ${tense} at ${timeOf(ends)}`;
    const observations = [{ question: 'When does the token expire?', answer, at: new Date(access.now()).toISOString() }];
    return { observations, proved, warnings: [] };
  },
};

export const token: AccessWay<GcpSecret, TokenState> = { ...objectLife(kind), plan };

async function plan(access: Access, { requestId, target, principal }: AccessRequest): Promise<Plan<TokenState>> {
  if (principal !== undefined) {
    throw new RunnerError('UNSUPPORTED', 'A token is handed to whoever asks for it, as a temporary credential.', { object: principal.id });
  }
  const [organization = '', project = '', id = ''] = target.path;
  const email = target.path.length === 3 ? normalEmail(id) : undefined;
  if (email === undefined || !isServiceAccountEmail(email)) throw notFound(target.path.join('/'));
  await resolveResource(access, { kind: 'project', path: [organization, project] });
  refuseRunner(access, email);
  await requireUsable(access, project, email);
  const object = access.marks.name(requestId, 'token');
  return { principal: { kind: 'token', id: object }, state: { way: 'token', object, account: email } };
}

/** @throws {RunnerError} `TARGET_NOT_FOUND`, `UNSUPPORTED` when it is disabled, `TARGET_PERMISSION_DENIED` when the runner may make no tokens of it */
async function requireUsable(access: Access, project: string, email: string): Promise<void> {
  const { iam } = googleCloud(access);
  try {
    const { disabled } = await iam.read({ path: path`/v1/projects/${project}/serviceAccounts/${email}`, schema: accountSchema });
    if (disabled === true) throw new RunnerError('UNSUPPORTED', 'The service account is disabled.', { object: email });
  } catch (error) {
    throw isNotFound(error) ? notFound(`${project}/${email}`) : error;
  }
  const { permissions } = await iam.read({
    method: 'POST',
    path: path`/v1/projects/${project}/serviceAccounts/${email}:testIamPermissions`,
    body: { permissions: [MAKE_TOKENS] },
    schema: permissionsSchema,
  });
  if (permissions.includes(MAKE_TOKENS)) return;
  throw new RunnerError('TARGET_PERMISSION_DENIED', 'The runner may make no tokens of this service account.', {
    object: email,
    mend: `gcloud iam service-accounts add-iam-policy-binding ${email} --member=serviceAccount:${access.secret.key.email} --role=roles/iam.serviceAccountTokenCreator`,
  });
}

function lastExpiry(remembered: unknown): number | undefined {
  return rememberedSchema.safeParse(remembered).data?.expiresAt;
}

/** No token is made after `applyUntil`, none outlives the access; a call takes a while. */
function latestExpiry(intent: Pick<Intent, 'expiresAt' | 'applyUntil'>): number {
  const { applyUntil } = intent;
  return Math.min(nativeExpiryOf(intent), nativeExpiryOf({ expiresAt: applyUntil + LONGEST_SECONDS }));
}

function hasPassed(access: Access, seconds: number): boolean {
  return access.now() / 1000 >= seconds;
}

function timeOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

function notFound(object: string): RunnerError {
  return new RunnerError('TARGET_NOT_FOUND', 'There is no such service account in the organization.', { object });
}
