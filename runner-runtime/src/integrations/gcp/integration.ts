import { RunnerError } from '../../errors.js';
import { byWay } from '../../integration-kit/access-way.js';
import { listLedgerMarks } from '../../integration-kit/ledger-marks.js';
import type { AccessRequest, Integration } from '../integration.js';
import { basicRole } from './basic-role.js';
import { binding } from './binding.js';
import { testConnection } from './checks.js';
import { collect } from './collect.js';
import { declaration, TOKEN } from './declaration.js';
import { BASIC_ROLES } from './roles.js';
import { type GcpSecret, secretSchema } from './secret.js';
import { type GcpState, stateSchema } from './state.js';
import { token } from './token.js';

/** Google Cloud organizations: https://cloud.google.com/iam/docs */
export const gcp: Integration<GcpSecret, GcpState> = {
  type: 'gcp',
  declaration,
  secretSchema,
  stateSchema,
  testConnection,
  collect,
  ...byWay<GcpSecret, GcpState>({ binding, 'basic-role': basicRole, token }, choose),
  listMarked: listLedgerMarks,
};

function choose({ target, permission }: AccessRequest): string {
  if (!declaration.targets.some(({ kind }) => kind === target.kind)) {
    throw new RunnerError('UNSUPPORTED', 'Google Cloud has no such kind of target.', { object: target.kind });
  }
  if ((target.kind === 'serviceaccount') !== (permission === TOKEN)) {
    throw new RunnerError('PERMISSION_NOT_FOUND', `There is no such permission on a target of kind ${target.kind}.`, {
      object: permission,
      mend: `Roles are given on organizations, folders and projects; ${TOKEN} on service accounts.`,
    });
  }
  if (permission === TOKEN) return 'token';
  return BASIC_ROLES.includes(permission) ? 'basic-role' : 'binding';
}
