import { z } from 'zod';
import { stateOfWays } from '../../integration-kit/access-way.js';
import { slotStateSchema } from '../../integration-kit/slots/slot.js';
import { isId } from './ids.js';

const id = z.string().refine(isId);

/** What a plan remembers. Slots are ids: of a group and a user, an application and its holder, a device and a user with the remarks of their request. */
export const stateSchema = stateOfWays([
  slotStateSchema.extend({ way: z.literal('membership'), slot: z.tuple([id, id]) }),
  slotStateSchema.extend({ way: z.literal('application'), slot: z.tuple([id, z.enum(['user', 'user_group']), id]) }),
  slotStateSchema.extend({ way: z.literal('device'), slot: z.tuple([id, id, z.string().regex(/^axm_[a-z2-7]{24}$/)]) }),
]);
