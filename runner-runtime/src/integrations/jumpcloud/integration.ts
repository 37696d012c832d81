import { RunnerError } from '../../errors.js';
import { byWay } from '../../integration-kit/access-way.js';
import { listLedgerMarks } from '../../integration-kit/ledger-marks.js';
import type { SlotState } from '../../integration-kit/slots/slot.js';
import type { AccessRequest, Integration } from '../integration.js';
import { application } from './application.js';
import { testConnection } from './checks.js';
import { collect } from './collect.js';
import { declaration } from './declaration.js';
import { device } from './device.js';
import { membership } from './membership.js';
import { type JumpCloudSecret, secretSchema } from './secret.js';
import { stateSchema } from './state.js';

/** JumpCloud, by the API key of an administrator: https://docs.jumpcloud.com/api/ */
export const jumpcloud: Integration<JumpCloudSecret, SlotState> = {
  type: 'jumpcloud',
  declaration,
  secretSchema,
  stateSchema,
  testConnection,
  collect,
  ...byWay({ membership, application, device }, choose),
  listMarked: listLedgerMarks,
};

/** By kind of target: the way that gives it, and the kinds of principals that it takes. */
const WAYS: Readonly<Record<string, { readonly way: string; readonly principals: readonly string[] }>> = {
  group: { way: 'membership', principals: ['user'] },
  application: { way: 'application', principals: ['group', 'user'] },
  device: { way: 'device', principals: ['user'] },
};

function choose({ target: { kind }, permission, principal }: AccessRequest): string {
  const found = Object.hasOwn(WAYS, kind) ? WAYS[kind] : undefined;
  if (found === undefined) {
    throw new RunnerError('UNSUPPORTED', 'Access is given to user groups, applications and devices.', {
      object: kind,
      mend: 'Use a target of kind group, application or device.',
    });
  }
  if (!declaration.permissions.some(({ name, targets }) => name === permission && targets.includes(kind))) {
    throw new RunnerError('PERMISSION_NOT_FOUND', `There is no such permission on a target of kind ${kind}.`, { object: permission });
  }
  if (principal !== undefined && found.principals.includes(principal.kind)) return found.way;
  throw new RunnerError('UNSUPPORTED', `A ${kind} cannot be given to a principal of this kind.`, {
    object: principal?.kind ?? 'a temporary credential',
    mend: `Name a principal of kind ${found.principals.join(' or ')}.`,
  });
}
