import { RunnerError } from '../../errors.js';
import { collectStages } from '../../integration-kit/collection/stages.js';
import type { CollectPage } from '../integration.js';
import { assignments, groups, memberships, permissionSets, users } from './collect-center.js';
import type { Context } from './collect-context.js';
import { iamGroups, iamPolicies, iamRoles, iamUsers } from './collect-iam.js';
import { accounts, organizationalUnits } from './collect-organization.js';
import { declaration } from './declaration.js';
import { findIdentityCenter } from './identity-center.js';
import { type Access, openSession } from './session.js';

const STAGES = [
  accounts,
  organizationalUnits,
  permissionSets,
  users,
  groups,
  memberships,
  assignments,
  iamUsers,
  iamGroups,
  iamRoles,
  iamPolicies,
];

/** Reads one page: organization, Identity Center, then IAM of the account. */
export async function collect(access: Access, cursor: string | undefined, limit: number): Promise<CollectPage> {
  const session = await openSession(access);
  const warnings: string[] = [];
  const context: Context = { session, center: await center(access, warnings) };
  const page = await collectStages(STAGES, context, cursor, limit);
  if (cursor !== undefined) return page;
  return { ...page, items: [...named(), ...page.items], warnings: [...warnings, ...page.warnings] };

  async function center(from: Access, said: string[]): Promise<Context['center']> {
    try {
      const found = await findIdentityCenter(from, session);
      if (found === undefined) said.push('there is no IAM Identity Center here: its users and permission sets are left out');
      return found;
    } catch (error) {
      if (!(error instanceof RunnerError) || error.code !== 'TARGET_PERMISSION_DENIED') throw error;
      said.push(`IAM Identity Center could not be read: ${error.message}`);
      return undefined;
    }
  }
}

/** Permissions that have a name; permission sets are collected. */
function named(): CollectPage['items'] {
  return declaration.permissions.flatMap(({ name, targets, meaning }) =>
    name === '*' ? [] : targets.map((targetKind) => ({ item: 'permission' as const, permission: name, targetKind, description: meaning })),
  );
}
