import type { Integration } from '../integration.js';
import { apply, extend } from './apply.js';
import { testConnection } from './checks.js';
import { collect } from './collect.js';
import { declaration } from './declaration.js';
import { listMarked } from './marked.js';
import { plan } from './plan.js';
import { revert } from './revert.js';
import { type PostgresqlSecret, secretSchema } from './secret.js';
import { type PostgresqlState, stateSchema } from './state.js';
import { verify } from './verify.js';

/** PostgreSQL 13 and later, https://www.postgresql.org/docs/current/user-manag.html */
export const postgresql: Integration<PostgresqlSecret, PostgresqlState> = {
  type: 'postgresql',
  declaration,
  secretSchema,
  stateSchema,
  testConnection,
  collect,
  plan,
  apply,
  extend,
  revert,
  verify,
  listMarked,
};
