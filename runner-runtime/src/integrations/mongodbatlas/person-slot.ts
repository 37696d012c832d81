import { RunnerError } from '../../errors.js';
import { SETS } from '../../integration-kit/slots/lattice.js';
import type { SlotKind } from '../../integration-kit/slots/slot.js';
import { type Access, type Atlas, atlasOf } from './client.js';
import type { AtlasSecret } from './secret.js';
import { type User, userById } from './subjects.js';

/** One thing that a person has in the organization: a role, a membership. */
export interface PersonalThing {
  has(user: User, slot: readonly string[]): boolean;
  add(atlas: Atlas, user: User, slot: readonly string[]): Promise<void>;
  remove(atlas: Atlas, user: User, slot: readonly string[]): Promise<void>;
  /** Other ways in which a person has as much, in words. */
  otherWays(atlas: Atlas, user: User, slot: readonly string[]): Promise<readonly string[]>;
}

/**
 * A slot that holds one thing of one person, or nothing. It begins with the id of the person and ends with the thing.
 * Every person's roles and teams come in one answer: https://www.mongodb.com/docs/api/doc/atlas-admin-api-v2/operation/operation-getorguser
 */
export function personSlot(thing: PersonalThing): SlotKind<AtlasSecret> {
  return {
    lattice: SETS,
    expires: false,
    describe: (value) => (value.length === 0 ? 'nothing' : value.join(', ')),

    read: async (access, slot) => {
      const user = await holder(access, slot);
      return user !== undefined && thing.has(user, slot) ? [thingOf(slot)] : [];
    },

    write: async (access, slot, { to }) => {
      const user = await holder(access, slot);
      const isWanted = to.length > 0;
      // To a person who has left the organization this would send an invitation. Retryable: another grant may end there meanwhile.
      if (user === undefined && isWanted) {
        throw new RunnerError('TARGET_NOT_FOUND', 'The user has left the organization.', { object: slot[0], retryable: true });
      }
      if (user === undefined || thing.has(user, slot) === isWanted) return;
      await (isWanted ? thing.add : thing.remove)(atlasOf(access), user, slot);
    },

    otherWays: async (access, { state: { slot } }) => {
      const user = await holder(access, slot);
      return user === undefined ? [] : thing.otherWays(atlasOf(access), user, slot);
    },
  };
}

/** What stands in the slot of a thing that a person has. */
export function thingOf(slot: readonly string[]): string {
  return slot.at(-1) ?? '';
}

function holder(access: Access, [user = '']: readonly string[]): Promise<User | undefined> {
  return userById(atlasOf(access), user);
}
