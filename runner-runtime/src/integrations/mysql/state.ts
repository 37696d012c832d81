import { z } from 'zod';
import { stateOfWays } from '../../integration-kit/access-way.js';
import { type SlotState, slotStateSchema } from '../../integration-kit/slots/slot.js';

const userStateSchema = z.strictObject({
  way: z.literal('user'),
  /** The temporary user: its name. */
  object: z.string(),
  /** The role that it is a member of, where membership was asked for. */
  role: z.strictObject({ user: z.string(), host: z.string() }).exactOptional(),
});
export type UserState = z.infer<typeof userStateSchema>;

/** What an intent remembers of an access to MySQL. */
export type MysqlState = SlotState | UserState;

/** By the way that made it. */
export const stateSchema: z.ZodType<MysqlState> = stateOfWays([
  slotStateSchema.extend({ way: z.literal('privileges') }),
  slotStateSchema.extend({ way: z.literal('member') }),
  userStateSchema,
]);
