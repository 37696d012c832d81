import { RunnerError } from '../../errors.js';
import { byWay } from '../../integration-kit/access-way.js';
import { listLedgerMarks } from '../../integration-kit/ledger-marks.js';
import { type SlotState, slotStateSchema } from '../../integration-kit/slots/slot.js';
import type { AccessRequest, Integration } from '../integration.js';
import { standardRole } from './admin-roles.js';
import { appAssignment } from './apps.js';
import { testConnection } from './checks.js';
import { collect } from './collect.js';
import { customRole } from './custom-roles.js';
import { declaration } from './declaration.js';
import { groupMembership } from './groups.js';
import { type OktaSecret, secretSchema } from './secret.js';

/** Okta, by its management API: https://developer.okta.com/docs/api/openapi/okta-management/guides/overview */
export const okta: Integration<OktaSecret, SlotState> = {
  type: 'okta',
  declaration,
  secretSchema,
  stateSchema: slotStateSchema,
  testConnection,
  collect,
  ...byWay({ group: groupMembership, app: appAssignment, 'standard-role': standardRole, 'custom-role': customRole }, wayOf),
  listMarked: listLedgerMarks,
};

function wayOf({ target: { kind } }: AccessRequest): string {
  if (kind === 'group' || kind === 'app') return kind;
  if (kind === 'org') return 'standard-role';
  if (kind === 'resource-set') return 'custom-role';
  throw new RunnerError('UNSUPPORTED', 'Access is given to groups, apps, the org and resource sets.', {
    object: kind,
    mend: 'Use a target of kind group, app, org or resource-set.',
  });
}
