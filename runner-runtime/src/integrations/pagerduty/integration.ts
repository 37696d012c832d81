import { RunnerError } from '../../errors.js';
import { byWay } from '../../integration-kit/access-way.js';
import { listLedgerMarks } from '../../integration-kit/ledger-marks.js';
import type { AccessRequest, Integration } from '../integration.js';
import { baseRole } from './base-role.js';
import { testConnection } from './checks.js';
import { collect } from './collect.js';
import { declaration } from './declaration.js';
import { onCallOverride } from './on-call.js';
import { type PagerdutySecret, secretSchema } from './secret.js';
import { type PagerdutyState, stateSchema } from './state.js';
import { teamMembership } from './team-membership.js';

/** Accounts of PagerDuty, by a REST API key: https://developer.pagerduty.com/api-reference */
export const pagerduty: Integration<PagerdutySecret, PagerdutyState> = {
  type: 'pagerduty',
  declaration,
  secretSchema,
  stateSchema,
  testConnection,
  collect,
  ...byWay<PagerdutySecret, PagerdutyState>({ 'team-membership': teamMembership, 'base-role': baseRole, override: onCallOverride }, choose),
  listMarked: listLedgerMarks,
};

/** Ways by kind of target; escalation policies are collected only. */
const WAYS: Readonly<Record<string, string>> = { account: 'base-role', team: 'team-membership', schedule: 'override' };

function choose({ target, permission, principal }: AccessRequest): string {
  if (!declaration.targets.some(({ kind }) => kind === target.kind)) {
    throw new RunnerError('UNSUPPORTED', 'PagerDuty has no such kind of target.', { object: target.kind });
  }
  const way = Object.hasOwn(WAYS, target.kind) ? WAYS[target.kind] : undefined;
  if (way === undefined || !declaration.permissions.some(({ name, targets }) => name === permission && targets.includes(target.kind))) {
    throw new RunnerError('PERMISSION_NOT_FOUND', `There is no such permission on a target of kind ${target.kind}.`, {
      object: permission,
    });
  }
  if (principal?.kind === 'user') return way;
  throw new RunnerError('UNSUPPORTED', 'PagerDuty gives access to users only.', {
    object: principal?.kind ?? 'a temporary credential',
    mend: 'Name a user, by id or e-mail.',
  });
}
