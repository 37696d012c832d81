import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import type { AccessWay } from '../../integration-kit/access-way.js';
import { path } from '../../integration-kit/http/path.js';
import { type ObjectKind, objectLife } from '../../integration-kit/objects/object-life.js';
import type { AccessRequest, Plan } from '../integration.js';
import { type Access, github } from './client.js';
import type { GithubSecret } from './secret.js';
import type { TokenState } from './state.js';
import { findRepository, repositoryById } from './subjects.js';

/** What a token may do, by level: never administration, with which its holder could give himself a role that outlives it. */
const PERMISSIONS = {
  Read: { metadata: 'read', contents: 'read' },
  Write: { metadata: 'read', contents: 'write', pull_requests: 'write' },
} as const;

const rememberedSchema = z.object({
  /** Absent where the ledger is not confidential: then the token ends by itself only. */
  token: z.string().optional(),
  /** Unix seconds. */
  expiresAt: z.int(),
});

/** A token of the installation for one repository. https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app */
const kind: ObjectKind<GithubSecret, TokenState> = {
  // Tokens have no names: none can be somebody else's.
  exists: async () => false,

  make: async (access, { state, expiresAt }, remembered) => {
    const gh = github(access);
    const repository = await repositoryById(gh, String(state.repository));
    if (repository === undefined)
      throw new RunnerError('TARGET_NOT_FOUND', 'The repository is gone.', { object: `repository ${state.repository}` });
    await discard(access, remembered);
    const { token, expires_at: ends } = await gh.narrowToken(state.repository, PERMISSIONS[state.level]);
    const endsAt = Math.floor(Date.parse(ends) / 1000);
    const early = access.ledger.confidential ? [] : ['it cannot be revoked before: the ledger is not confidential'];
    const short = endsAt < expiresAt ? ['that is before the end of the access: ask again for another token'] : [];
    return {
      credential: { token, repository: `${gh.org}/${repository.name}`, expiresAt: ends },
      actions: [
        `made a token for ${gh.org}/${repository.name}, which expires at ${new Date(endsAt * 1000).toISOString()}`,
        ...short,
        ...early,
      ],
      remember: { expiresAt: endsAt, ...(access.ledger.confidential && { token }) },
      ...(!access.ledger.confidential && { keepUntil: endsAt }),
    };
  },

  discard,

  extend: async (_, { expiresAt, requestId }, remembered) => {
    const { data } = rememberedSchema.safeParse(remembered);
    if (data === undefined || expiresAt <= data.expiresAt) return;
    throw new RunnerError('UNSUPPORTED', 'A token of GitHub ends an hour after it was made, and cannot be extended.', {
      object: requestId,
      mend: 'Ask for a new token.',
    });
  },

  remove: async (access, _, remembered) => {
    const { data } = rememberedSchema.safeParse(remembered);
    if (data === undefined) return { actions: ['no token was handed out'], warnings: [] };
    if (data.token === undefined)
      return { actions: [], warnings: [`the token cannot be revoked before it expires at ${iso(data.expiresAt)}`] };
    await discard(access, remembered);
    return { actions: ['revoked the token'], warnings: [] };
  },

  prove: async (access, _, remembered) => {
    const { data } = rememberedSchema.safeParse(remembered);
    const question = 'Does the token open anything?';
    const answered = (answer: string, proved: boolean) => ({
      observations: [{ question, answer, at: new Date(access.now()).toISOString() }],
      proved,
      warnings: [],
    });
    if (data === undefined) return answered('no token was handed out', true);
    if (data.token !== undefined)
      return (await isAlive(access, data.token)) ? answered('it does', false) : answered('GitHub refuses it (401)', true);
    const ended = access.now() / 1000 >= data.expiresAt;
    return answered(`it ${ended ? 'has expired' : 'expires'} at ${iso(data.expiresAt)}`, ended);
  },
};

export const token: AccessWay<GithubSecret, TokenState> = { ...objectLife(kind), plan };

async function plan(access: Access, { requestId, target, permission }: AccessRequest): Promise<Plan<TokenState>> {
  if (permission !== 'Read' && permission !== 'Write') {
    throw new RunnerError('UNSUPPORTED', 'Tokens are made for Read and Write only.', {
      object: permission,
      mend: 'Ask for it for an existing principal.',
    });
  }
  const repository = await findRepository(github(access), target);
  const object = access.marks.name(requestId, 'token');
  return { principal: { kind: 'token', id: object }, state: { way: 'token', object, repository: repository.id, level: permission } };
}

/** Revokes a token with itself; one that is dead already is refused. */
async function discard(access: Access, remembered: unknown): Promise<void> {
  const { data } = rememberedSchema.safeParse(remembered);
  if (data?.token === undefined) return;
  try {
    await github(access).withToken(data.token).read({ method: 'DELETE', path: path`/installation/token`, schema: z.unknown() });
  } catch (error) {
    if (!isRefused(error)) throw error;
  }
}

async function isAlive(access: Access, text: string): Promise<boolean> {
  try {
    await github(access)
      .withToken(text)
      .read({ path: path`/installation/repositories`, query: { per_page: 1 }, schema: z.unknown() });
    return true;
  } catch (error) {
    if (isRefused(error)) return false;
    throw error;
  }
}

function isRefused(error: unknown): boolean {
  return error instanceof RunnerError && error.code === 'TARGET_AUTH_FAILED';
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
