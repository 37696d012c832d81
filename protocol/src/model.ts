import { z } from 'zod';
import { principalSchema, targetSchema } from './names.js';

/** Somebody or something that can hold a permission: user, group, role, service account. */
export const principalItem = z.strictObject({
  item: z.literal('principal'),
  principal: principalSchema,
  /** Name that people know, where it differs from the id. */
  displayName: z.string().optional(),
  /** Whether it can be used at all, where the system says so. */
  enabled: z.boolean().optional(),
  /** Further facts of the vendor, small and without secrets. */
  attributes: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
});

/** Something that access is given to. Its parents are the prefixes of its path. */
export const targetItem = z.strictObject({ item: z.literal('target'), target: targetSchema, displayName: z.string().optional() });

/** A role or level that can be granted on a kind of target, or on one target. */
export const permissionItem = z.strictObject({
  item: z.literal('permission'),
  permission: z.string(),
  targetKind: z.string(),
  target: targetSchema.optional(),
  description: z.string().optional(),
});

/** A principal has a permission on a target. */
export const assignmentItem = z.strictObject({
  item: z.literal('assignment'),
  principal: principalSchema,
  permission: z.string(),
  target: targetSchema,
  /** The group or role that it comes through; absent when it is direct. */
  through: principalSchema.optional(),
  /** When it ends by itself, unix seconds, where the system knows. */
  expiresAt: z.int().optional(),
});

/** The output model of every collection, the same for all systems. */
export const itemSchema = z.discriminatedUnion('item', [principalItem, targetItem, permissionItem, assignmentItem]);
export type Item = z.infer<typeof itemSchema>;

/** Answer of one named check of a connection test. */
export const checkSchema = z.strictObject({
  /** Stable name, e.g. `connect`, `create-role`. */
  name: z.string(),
  outcome: z.enum(['ok', 'warning', 'unreachable', 'authentication_failed', 'permission_missing', 'empty', 'failed', 'skipped']),
  /** What was seen, in one sentence without secrets. */
  detail: z.string(),
  /** What to do about it. */
  mend: z.string().optional(),
});
export type Check = z.infer<typeof checkSchema>;

/** Outcomes with which a system can be used. */
export function isPassing(check: Check): boolean {
  return check.outcome === 'ok' || check.outcome === 'warning' || check.outcome === 'skipped';
}

/** Proof of a revocation: what was done, what was asked afterwards, and what was seen. */
export const evidenceSchema = z.strictObject({
  /** What the runner did, in order. */
  actions: z.array(z.string()),
  /** What was read back, on a fresh connection. */
  observations: z.array(z.strictObject({ question: z.string(), answer: z.string(), at: z.string() })),
  /** Whether the observations prove that this access is gone. */
  proved: z.boolean(),
  /** What a person should know: objects moved to quarantine, access that remains through other ways. */
  warnings: z.array(z.string()),
});
export type Evidence = z.infer<typeof evidenceSchema>;
