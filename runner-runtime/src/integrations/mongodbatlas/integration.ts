import { RunnerError } from '../../errors.js';
import { byWay } from '../../integration-kit/access-way.js';
import { listLedgerMarks } from '../../integration-kit/ledger-marks.js';
import type { AccessRequest, Integration } from '../integration.js';
import { testConnection } from './checks.js';
import { collect } from './collect.js';
import { databaseUser } from './database-user.js';
import { declaration } from './declaration.js';
import { organizationRole } from './organization-role.js';
import { projectRole } from './project-role.js';
import { projectTeam } from './project-team.js';
import { ORGANIZATION_OWNER } from './roles.js';
import { type AtlasSecret, secretSchema } from './secret.js';
import { type AtlasState, LEVELS, stateSchema } from './state.js';
import { teamMembership } from './team-membership.js';

/** MongoDB Atlas, by an API key of an organization: https://www.mongodb.com/docs/api/doc/atlas-admin-api-v2/ */
export const mongodbatlas: Integration<AtlasSecret, AtlasState> = {
  type: 'mongodbatlas',
  declaration,
  secretSchema,
  stateSchema,
  testConnection,
  collect,
  ...byWay<AtlasSecret, AtlasState>(
    {
      'organization-role': organizationRole,
      'project-role': projectRole,
      'team-membership': teamMembership,
      'project-team': projectTeam,
      'database-user': databaseUser,
    },
    choose,
  ),
  listMarked: listLedgerMarks,
};

/** Kinds of principals, by kind of target: the way that gives them a role or membership. */
const WAYS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  organization: { user: 'organization-role' },
  project: { user: 'project-role', team: 'project-team' },
  team: { user: 'team-membership' },
};

function choose({ target, permission, principal }: AccessRequest): string {
  if (!declaration.targets.some(({ kind }) => kind === target.kind)) {
    throw new RunnerError('UNSUPPORTED', 'Atlas has no such kind of target.', { object: target.kind });
  }
  if (permission === ORGANIZATION_OWNER) {
    throw new RunnerError('UNSUPPORTED', 'An Organization Owner could take over the runner, by its API key.', {
      object: permission,
      mend: 'Give a role in a project, or a lower one in the organization.',
    });
  }
  if (!declaration.permissions.some(({ name, targets }) => name === permission && targets.includes(target.kind))) {
    throw new RunnerError('PERMISSION_NOT_FOUND', `There is no such permission on a target of kind ${target.kind}.`, {
      object: permission,
    });
  }
  const isData = LEVELS.some((level) => level === permission);
  if (isData && principal === undefined) return 'database-user';
  const ways = WAYS[target.kind] ?? {};
  const way = principal !== undefined && Object.hasOwn(ways, principal.kind) ? ways[principal.kind] : undefined;
  if (!isData && way !== undefined) return way;
  throw new RunnerError('UNSUPPORTED', 'This permission cannot be given to a principal of this kind.', {
    object: principal?.kind ?? 'a temporary credential',
    mend: 'Read, Read & Write and Admin are given as a temporary database user; roles and membership to a user, roles in a project to a team too.',
  });
}
