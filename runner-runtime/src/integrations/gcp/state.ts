import { z } from 'zod';
import { stateOfWays } from '../../integration-kit/access-way.js';
import { slotStateSchema } from '../../integration-kit/slots/slot.js';
import { isResourceName } from './names.js';

const resource = z.string().refine(isResourceName);

/** A conditional binding, made for one grant. */
const bindingStateSchema = z.strictObject({
  way: z.literal('binding'),
  /** Title of its condition. */
  object: z.string(),
  resource,
  role: z.string(),
  /** As in bindings: `user:ada@example.com`. */
  member: z.string(),
});
export type BindingState = z.infer<typeof bindingStateSchema>;

/** A basic role, which takes no condition. The slot is resource, role and member. */
const basicRoleStateSchema = slotStateSchema.extend({ way: z.literal('basic-role'), slot: z.array(z.string()).length(3) });
export type BasicRoleState = z.infer<typeof basicRoleStateSchema>;

/** An access token of a service account. */
const tokenStateSchema = z.strictObject({
  way: z.literal('token'),
  /** Its name in the runner's records: Google gives tokens none. */
  object: z.string(),
  /** Address of the service account. */
  account: z.string(),
});
export type TokenState = z.infer<typeof tokenStateSchema>;

/** What a plan remembers. */
export const stateSchema = stateOfWays([bindingStateSchema, basicRoleStateSchema, tokenStateSchema]);
export type GcpState = z.infer<typeof stateSchema>;
