import type { Plan } from '../integration.js';
import type { Resolved } from './principals.js';
import type { AzureadState, Way } from './state.js';

/** What stands in every slot of this system when the principal has what the slot is for. */
export const GIVEN = ['given'] as const;

/** The slot of a principal for what it is given. */
export interface SlotParts {
  readonly kind: string;
  readonly principalId: string;
  /** Ids of what it is given: a group, a role, an application and its role. */
  readonly what: readonly string[];
}

/** The plan of an access in a slot. */
export function planOf(way: Way, { asked, kind, id }: Resolved, what: readonly string[]): Plan<AzureadState> {
  return { principal: asked, state: { way, slot: [kind, id, ...what], value: [...GIVEN] } };
}

export function partsOf([kind = '', principalId = '', ...what]: readonly string[]): SlotParts {
  return { kind, principalId, what };
}
