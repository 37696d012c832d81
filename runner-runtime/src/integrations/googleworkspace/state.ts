import { z } from 'zod';
import { stateOfWays } from '../../integration-kit/access-way.js';
import { slotStateSchema } from '../../integration-kit/slots/slot.js';
import { MEMBER_ROLES } from './membership.js';

const id = z.string().regex(/^[0-9A-Za-z]{1,40}$/);

/** What a plan remembers: ids only. */
export const stateSchema = stateOfWays([
  slotStateSchema.extend({
    way: z.literal('membership'),
    slot: z.tuple([id, z.enum(['user', 'group']), id]),
    value: z.tuple([z.enum(MEMBER_ROLES)]),
  }),
  slotStateSchema.extend({
    way: z.literal('admin-role'),
    slot: z.tuple([id, z.enum(['customer', 'orgunit']), id, z.string().regex(/^\d{1,30}$/)]),
    value: z.tuple([z.string()]),
  }),
]);
