import type { Integration } from '../integration.js';
import { apply, extend } from './apply.js';
import { testConnection } from './checks.js';
import { collect } from './collect.js';
import { declaration } from './declaration.js';
import { listMarked } from './marked.js';
import { plan } from './plan.js';
import { revert } from './revert.js';
import { type K8sSecret, secretSchema } from './secret.js';
import { type K8sState, stateSchema } from './state.js';
import { verify } from './verify.js';

/** Kubernetes 1.28 and later, https://kubernetes.io/docs/reference/access-authn-authz/rbac/ */
export const k8s: Integration<K8sSecret, K8sState> = {
  type: 'k8s',
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
