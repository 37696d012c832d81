import { listLedgerMarks } from '../../integration-kit/ledger-marks.js';
import type { Integration } from '../integration.js';
import { testConnection } from './checks.js';
import { collect } from './collect.js';
import { declaration } from './declaration.js';
import { type AwsSecret, secretSchema } from './secret.js';
import { type AwsState, lives, stateSchema } from './ways.js';

/** AWS: IAM Identity Center, IAM and STS, https://docs.aws.amazon.com/singlesignon/latest/APIReference/ */
export const aws: Integration<AwsSecret, AwsState> = {
  type: 'aws',
  declaration,
  secretSchema,
  stateSchema,
  testConnection,
  collect,
  ...lives,
  listMarked: listLedgerMarks,
};
