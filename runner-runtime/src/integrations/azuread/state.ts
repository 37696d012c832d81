import { type SlotState, slotStateSchema } from '../../integration-kit/slots/slot.js';

/** Kinds of slots; they stand in intents and are never renamed. */
export type Way = 'membership' | 'directory-role' | 'app-role';

/** Slots hold kind and id of the principal, then the ids of what it is given. */
export const stateSchema = slotStateSchema;
export type AzureadState = SlotState;
