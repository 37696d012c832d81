import { type Result, requestIdSchema, resultSchema, systemSchema, taskBodySchema } from '@axiom-runner/protocol';
import { z } from 'zod';

/** Version of every state file. */
export const STATE_VERSION = 1;

/** Ids that stand in names of namespaces, queues and files. */
export const idSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/, 'must be 1 to 100 letters, digits or _ . -');

/** `host:port`; an IPv6 host stands in brackets. */
export const addressSchema = z.string().regex(/^(\[[0-9a-fA-F:.]+\]|[^\s:/[\]@]+):\d{1,5}$/, 'must be host:port');

/** `control-plane.json`: one tenant and how its Temporal frontend is reached. */
export const settingsSchema = z.strictObject({
  schemaVersion: z.literal(STATE_VERSION),
  tenantId: idSchema,
  /** Temporal namespace; the tenant id when absent. */
  namespace: idSchema.optional(),
  address: addressSchema,
  tls: z.enum(['on', 'off']),
  caFile: z.string().optional(),
  certFile: z.string().optional(),
  keyFile: z.string().optional(),
  resultTaskQueue: z.string().min(1),
  resultActivityName: z.string().min(1),
  createdAt: z.string(),
});
export type Settings = z.infer<typeof settingsSchema>;

/** A public key by which the Temporal frontend recognises one API key. The private part was thrown away after the one signature. */
export const apiKeyRecordSchema = z.strictObject({
  kid: z.string(),
  publicJwk: z.strictObject({
    kty: z.literal('EC'),
    crv: z.literal('P-256'),
    x: z.string(),
    y: z.string(),
    kid: z.string(),
    alg: z.literal('ES256'),
    use: z.literal('sig'),
  }),
  createdAt: z.string(),
  /** End of the key's validity, ISO time; absent = none. */
  expiresAt: z.string().optional(),
  /** After a rotation: until when the old key is still published, ISO time. */
  retiresAt: z.string().optional(),
});
export type ApiKeyRecord = z.infer<typeof apiKeyRecordSchema>;

export const groupSchema = z.strictObject({
  /** Runner group id; also its Temporal task queue. */
  id: idSchema,
  name: z.string().min(1).max(200),
  createdAt: z.string(),
  /** Whether its tasks are signed: its runners got the verification keys. */
  signedTasks: z.boolean(),
  apiKeys: z.array(apiKeyRecordSchema),
  integrations: z.array(z.strictObject({ ...systemSchema.shape, addedAt: z.string() })),
});
export type Group = z.infer<typeof groupSchema>;

/** `groups.json` */
export const groupsFileSchema = z.strictObject({ schemaVersion: z.literal(STATE_VERSION), groups: z.array(groupSchema) });

const privateJwkSchema = z.looseObject({ kty: z.string(), kid: z.string(), alg: z.string(), d: z.string() });

/** `keys.json`: the private keys of the control plane. */
export const keysFileSchema = z.strictObject({
  schemaVersion: z.literal(STATE_VERSION),
  /** Keys that sign tasks; the first one signs, the others are still published. */
  tasks: z.array(z.strictObject({ jwk: privateJwkSchema, createdAt: z.string() })).min(1),
  /** Key of the API keys that the control plane makes for itself. */
  operator: z.strictObject({ jwk: privateJwkSchema, createdAt: z.string() }),
});
export type KeysFile = z.infer<typeof keysFileSchema>;

/** One line of `requests.jsonl`: what this side asked for. */
export const requestRecordSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('task'),
    requestId: requestIdSchema,
    groupId: idSchema,
    task: taskBodySchema,
    at: z.string(),
    by: z.string(),
  }),
  /** The server refused to start the task. */
  z.strictObject({ kind: z.literal('refused'), requestId: requestIdSchema, groupId: idSchema, reason: z.string(), at: z.string() }),
  z.strictObject({
    kind: z.literal('revoke'),
    requestId: requestIdSchema,
    accessRequestId: z.string(),
    groupId: idSchema,
    at: z.string(),
    by: z.string(),
  }),
]);
export type RequestRecord = z.infer<typeof requestRecordSchema>;

/** One line of a results file. */
export const storedResultSchema = z.strictObject({ receivedAt: z.string(), result: resultSchema });
export interface StoredResult {
  /** When this side first got it, ISO time. */
  readonly receivedAt: string;
  readonly result: Result;
}
