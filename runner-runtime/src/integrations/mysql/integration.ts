import { byWay } from '../../integration-kit/access-way.js';
import { MEMBER } from '../../integration-kit/database/vocabulary.js';
import { listLedgerMarks } from '../../integration-kit/ledger-marks.js';
import type { Integration } from '../integration.js';
import { testConnection } from './checks.js';
import { collect } from './collect.js';
import { declaration } from './declaration.js';
import { memberWay } from './member-slot.js';
import { privilegesWay } from './privilege-slot.js';
import { type MysqlSecret, secretSchema } from './secret.js';
import { type MysqlState, stateSchema } from './state.js';
import { requireWish } from './target.js';
import { temporaryUserWay } from './temporary-user.js';

/** MySQL 8.0.16 and later and MariaDB 10.11 and later, https://dev.mysql.com/doc/refman/9.0/en/access-control.html */
export const mysql: Integration<MysqlSecret, MysqlState> = {
  type: 'mysql',
  declaration,
  secretSchema,
  stateSchema,
  testConnection,
  collect,
  ...byWay<MysqlSecret, MysqlState>({ privileges: privilegesWay, member: memberWay, user: temporaryUserWay }, (request) => {
    requireWish(request);
    if (request.principal === undefined) return 'user';
    return request.permission === MEMBER ? 'member' : 'privileges';
  }),
  listMarked: listLedgerMarks,
};
