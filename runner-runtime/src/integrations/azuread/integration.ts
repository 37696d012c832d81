import { RunnerError } from '../../errors.js';
import { byWay } from '../../integration-kit/access-way.js';
import { listLedgerMarks } from '../../integration-kit/ledger-marks.js';
import type { AccessRequest, Integration } from '../integration.js';
import { appRole } from './app-role.js';
import { testConnection } from './checks.js';
import { collect } from './collect.js';
import { declaration } from './declaration.js';
import { directoryRole } from './directory-role.js';
import { membership } from './membership.js';
import { type AzureadSecret, secretSchema } from './secret.js';
import { type AzureadState, stateSchema, type Way } from './state.js';

const WAYS = { membership, 'directory-role': directoryRole, 'app-role': appRole };
const WAY_OF_TARGET: Readonly<Record<string, Way>> = { group: 'membership', directory: 'directory-role', app: 'app-role' };

/** Microsoft Entra ID by Microsoft Graph 1.0, https://learn.microsoft.com/graph/overview */
export const azuread: Integration<AzureadSecret, AzureadState> = {
  type: 'azuread',
  declaration,
  secretSchema,
  stateSchema,
  testConnection,
  collect,
  ...byWay(WAYS, wayOf),
  listMarked: listLedgerMarks,
};

function wayOf({ target }: AccessRequest): Way {
  const way = Object.hasOwn(WAY_OF_TARGET, target.kind) ? WAY_OF_TARGET[target.kind] : undefined;
  if (way === undefined) {
    throw new RunnerError('UNSUPPORTED', 'Access is not given to things of this kind.', {
      object: target.kind,
      mend: `Use one of ${Object.keys(WAY_OF_TARGET).join(', ')}.`,
    });
  }
  if (target.path.length === 1) return way;
  throw new RunnerError('TARGET_NOT_FOUND', 'The path of this target has one element.', {
    object: target.path.join('/'),
    mend: 'Use the path that the collection shows.',
  });
}
