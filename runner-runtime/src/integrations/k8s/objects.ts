import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { isNotFound, type JsonClient } from '../../integration-kit/http/json-client.js';
import type { SafePath } from '../../integration-kit/http/path.js';

/** The annotation with the mark. */
export const MARK = 'axiom.security/mark';
/** Labels of everything that a runner makes. */
export const LABELS = { 'app.kubernetes.io/managed-by': 'axiom-runner', 'axiom.security/access': 'true' };
export const LABEL_SELECTOR = 'axiom.security/access=true';
/** Names of what a runner makes start with this. */
export const NAME_PREFIX = 'axm-';

export const RBAC_GROUP = 'rbac.authorization.k8s.io';

const metadataSchema = z.object({
  name: z.string(),
  namespace: z.string().optional(),
  /** Another one for each object, ever. */
  uid: z.string(),
  resourceVersion: z.string(),
  annotations: z.record(z.string(), z.string()).nullish(),
  labels: z.record(z.string(), z.string()).nullish(),
  deletionTimestamp: z.string().nullish(),
});

/** Any object of the cluster, as far as all have it in common. */
export const objectSchema = z.object({ metadata: metadataSchema });
export type ClusterObject = z.infer<typeof objectSchema>;

export const namespaceSchema = objectSchema.extend({ status: z.object({ phase: z.string().optional() }).optional() });

const subjectSchema = z.object({ kind: z.string(), name: z.string(), namespace: z.string().optional(), apiGroup: z.string().optional() });
export type Subject = z.infer<typeof subjectSchema>;

export const roleRefSchema = z.object({ kind: z.string(), name: z.string() });
export type RoleRef = z.infer<typeof roleRefSchema>;

/** A RoleBinding or ClusterRoleBinding. */
export const bindingSchema = objectSchema.extend({
  roleRef: roleRefSchema,
  subjects: z
    .array(subjectSchema)
    .nullish()
    .transform((subjects) => subjects ?? []),
});
export type Binding = z.infer<typeof bindingSchema>;

const ruleSchema = z.object({
  verbs: z.array(z.string()),
  apiGroups: z.array(z.string()).nullish(),
  resources: z.array(z.string()).nullish(),
  resourceNames: z.array(z.string()).nullish(),
  nonResourceURLs: z.array(z.string()).nullish(),
});
export type Rule = z.infer<typeof ruleSchema>;

/** A Role or ClusterRole. The rules of an aggregated one are filled in by the cluster. */
export const roleSchema = objectSchema.extend({
  rules: z
    .array(ruleSchema)
    .nullish()
    .transform((rules) => rules ?? []),
});
export type Role = z.infer<typeof roleSchema>;

/** @returns undefined where there is no such object */
export async function find<T>(api: JsonClient, path: SafePath, schema: z.ZodType<T>): Promise<T | undefined> {
  try {
    return await api.read({ path, schema });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** @returns whether it was made: `false` where an object of the name is there */
export async function create(api: JsonClient, collection: SafePath, body: unknown, { dryRun = false } = {}): Promise<boolean> {
  try {
    await api.read({ method: 'POST', path: collection, body, query: dryRun ? { dryRun: 'All' } : {}, schema: z.unknown() });
    return true;
  } catch (error) {
    if (error instanceof RunnerError && error.code === 'CONFLICT') return false;
    throw error;
  }
}

/**
 * One step towards the removal of exactly this object: deletes it, or, where finalizers keep what was deleted, takes them away: until then a binding
 * goes on giving access. The caller reads again and repeats until it is gone.
 */
export async function removalStep(api: JsonClient, path: SafePath, { metadata: { uid, deletionTimestamp } }: ClusterObject): Promise<void> {
  try {
    if (deletionTimestamp == null) {
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } };
      await api.read({ method: 'DELETE', path, body, schema: z.unknown() });
    } else await patch(api, path, { metadata: { uid, finalizers: null } });
  } catch (error) {
    if (isNotFound(error) || (error instanceof RunnerError && error.code === 'CONFLICT')) return;
    throw error;
  }
}

/** Merges (RFC 7396). With `metadata.uid` or `metadata.resourceVersion` it is `CONFLICT` on any other object or version. */
export async function patch(
  api: JsonClient,
  path: SafePath,
  body: { readonly metadata: Readonly<Record<string, unknown>> },
): Promise<void> {
  await api.read({ method: 'PATCH', path, body, headers: { 'content-type': 'application/merge-patch+json' }, schema: z.unknown() });
}
