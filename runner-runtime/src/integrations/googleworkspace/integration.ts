import { listLedgerMarks } from '../../integration-kit/ledger-marks.js';
import type { SlotState } from '../../integration-kit/slots/slot.js';
import type { Integration } from '../integration.js';
import { testConnection } from './checks.js';
import { collect } from './collect.js';
import { declaration } from './declaration.js';
import { secretSchema, type WorkspaceSecret } from './secret.js';
import { stateSchema } from './state.js';
import { ways } from './ways.js';

/** Google Workspace and Cloud Identity, by a service account that acts as an administrator: https://developers.google.com/workspace/admin/directory */
export const googleworkspace: Integration<WorkspaceSecret, SlotState> = {
  type: 'googleworkspace',
  declaration,
  secretSchema,
  stateSchema,
  testConnection,
  collect,
  ...ways,
  listMarked: listLedgerMarks,
};
