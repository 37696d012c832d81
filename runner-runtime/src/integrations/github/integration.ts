import { RunnerError } from '../../errors.js';
import { byWay } from '../../integration-kit/access-way.js';
import { listLedgerMarks } from '../../integration-kit/ledger-marks.js';
import type { AccessRequest, Integration } from '../integration.js';
import { testConnection } from './checks.js';
import { collaborator } from './collaborator.js';
import { collect } from './collect.js';
import { declaration } from './declaration.js';
import { type GithubSecret, secretSchema } from './secret.js';
import { type GithubState, stateSchema } from './state.js';
import { teamMembership } from './team-membership.js';
import { teamRepository } from './team-repository.js';
import { token } from './token.js';

/** GitHub organizations, on github.com and on servers of one's own, as a GitHub App: https://docs.github.com/en/rest */
export const github: Integration<GithubSecret, GithubState> = {
  type: 'github',
  declaration,
  secretSchema,
  stateSchema,
  testConnection,
  collect,
  ...byWay<GithubSecret, GithubState>(
    { collaborator, 'team-repository': teamRepository, 'team-membership': teamMembership, token },
    choose,
  ),
  listMarked: listLedgerMarks,
};

/** Kinds of principals, by kind of target: the way that gives them access. */
const WAYS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  org: {},
  repository: { user: 'collaborator', team: 'team-repository', none: 'token' },
  team: { user: 'team-membership' },
};

function choose({ target, permission, principal }: AccessRequest): string {
  const ways = Object.hasOwn(WAYS, target.kind) ? WAYS[target.kind] : undefined;
  if (ways === undefined) throw new RunnerError('UNSUPPORTED', 'GitHub has no such kind of target.', { object: target.kind });
  if (!declaration.permissions.some(({ name, targets }) => name === permission && targets.includes(target.kind))) {
    throw new RunnerError('PERMISSION_NOT_FOUND', `There is no such permission on a target of kind ${target.kind}.`, {
      object: permission,
    });
  }
  const kind = principal?.kind ?? 'none';
  const way = Object.hasOwn(ways, kind) ? ways[kind] : undefined;
  if (way !== undefined) return way;
  throw new RunnerError('UNSUPPORTED', `A ${target.kind} cannot be given to a principal of this kind.`, {
    object: principal?.kind ?? 'a temporary credential',
    mend: 'A repository can be given to a user, a team or as a token; a team to a user.',
  });
}
