import { z } from 'zod';

/** What an intent remembers of an access to Kubernetes. Names are kept, not computed again: the state key may have changed since. */
export const stateSchema = z.strictObject({
  /** Name of the binding that is this access, and of the temporary service account. */
  name: z.string(),
  /** Where the binding is; absent for one of the whole cluster. The uid tells a namespace from a later one of its name. */
  namespace: z.strictObject({ name: z.string(), uid: z.string() }).exactOptional(),
  role: z.strictObject({ kind: z.enum(['ClusterRole', 'Role']), name: z.string() }),
  /** Namespace of the temporary service account; absent for an existing principal. */
  accountNamespace: z.string().exactOptional(),
});
export type K8sState = z.infer<typeof stateSchema>;
