import { RunnerError } from '../../errors.js';
import type { SystemAccess } from '../../integrations/integration.js';
import type { Intent } from '../../integrations/intent.js';
import type { AccessWay } from '../access-way.js';
import { bounded } from '../bounded.js';
import { isReplayOver, requireExtensible, requireInTime, requireNotRevoked, requireSamePlan } from '../turn.js';
import { readSlot, settle } from './settle.js';
import type { SlotGrant, SlotKind, SlotState } from './slot.js';

const RAISING = { mayRaise: true };
const LOWERING = { mayRaise: false };
/** Grants and tombstones of one slot; each needs about 1 KB of a record that takes 400 KB. */
const MOST_GRANTS = 150;

/** The life of an access whose place is a shared slot: given with the first grant, restored after the last. */
export function slotLife<Secret>(kind: SlotKind<Secret>): Omit<AccessWay<Secret, SlotState>, 'plan'> {
  return {
    apply: async (access, intent) => {
      requireInTime(access, intent);
      const { actions } = await settle(
        access,
        kind,
        intent.state,
        async (grants) => {
          const standing = grants.find(({ requestId }) => requestId === intent.requestId);
          if (standing === undefined) {
            requireInTime(access, intent);
            if (grants.length >= MOST_GRANTS) throw tooMany(intent);
            return [...grants, await grantOf(access, intent)];
          }
          const mark = await access.marks.read(standing.mark);
          requireNotRevoked(mark, intent);
          requireSamePlan(mark?.intent, intent);
          return grants;
        },
        RAISING,
      );
      return { actions: actions.length === 0 ? [`found ${kind.describe(intent.state.value)}`] : bounded(actions) };
    },

    extend: async (access, intent) => {
      const adjust = async (grants: readonly SlotGrant[]) => {
        const standing = grants.find(({ requestId }) => requestId === intent.requestId);
        requireExtensible(standing === undefined ? undefined : await access.marks.read(standing.mark), intent);
        return replaced(grants, await grantOf(access, intent));
      };
      await settle(access, kind, intent.state, adjust, RAISING);
    },

    revert: async (access, intent) => {
      const { actions, warnings } = await settle(
        access,
        kind,
        intent.state,
        async (grants) => {
          const standing = grants.find(({ requestId }) => requestId === intent.requestId);
          if (standing?.active === false || (standing === undefined && isReplayOver(access, intent))) return grants;
          return replaced(grants, await tombstoneOf(access, intent));
        },
        LOWERING,
      );
      // Only now: until the slot was seen as it should be, the tombstone tells whoever comes after that there is something to undo.
      if (isReplayOver(access, intent)) {
        await settle(
          access,
          kind,
          intent.state,
          async (grants) => grants.filter(({ requestId }) => requestId !== intent.requestId),
          LOWERING,
        );
      }
      return { actions: bounded(actions), warnings: bounded(warnings) };
    },

    verify: async (access, intent) => {
      const { state, principal, target } = intent;
      const entry = await readSlot(access, state);
      const current = await kind.read(access, state.slot);
      const at = new Date(access.now()).toISOString();
      const grants = entry?.document.grants ?? [];
      const others = grants.filter(({ active, requestId }) => active && requestId !== intent.requestId);
      const own = grants.some(({ active, requestId }) => active && requestId === intent.requestId);
      const due = kind.lattice.join([entry?.document.before ?? [], ...others.map(({ value }) => value)]);
      const restored = entry === undefined || entry.document.settled || kind.lattice.covers(due, current);
      const ways: string[] = [];
      if (!own && kind.lattice.covers(current, state.value)) {
        ways.push(
          others.length > 0 ? `${others.length} other grants of the runner` : `${kind.describe(current)}, which is not the runner's`,
        );
      }
      if (kind.otherWays !== undefined) ways.push(...(await kind.otherWays(access, intent)));
      return {
        observations: [
          { question: `What does ${principal.id} have on ${target.kind} ${target.path.join('/')}?`, answer: kind.describe(current), at },
          { question: 'Which grants of the runner stand there?', answer: own ? 'this one' : `${others.length} others`, at },
        ],
        proved: !own && restored,
        warnings: bounded(ways.map((way) => `${principal.id} still has access through ${way}`)),
      };
    },
  };
}

async function grantOf<Secret>({ marks }: SystemAccess<Secret>, intent: Intent<SlotState>): Promise<SlotGrant> {
  const { requestId, state, expiresAt } = intent;
  return { requestId, value: [...state.value], mark: await marks.write('active', intent), active: true, expiresAt };
}

async function tombstoneOf<Secret>(access: SystemAccess<Secret>, intent: Intent<SlotState>): Promise<SlotGrant> {
  return { ...(await grantOf(access, intent)), mark: await access.marks.write('revoked', intent), active: false };
}

function replaced(grants: readonly SlotGrant[], grant: SlotGrant): readonly SlotGrant[] {
  return [...grants.filter(({ requestId }) => requestId !== grant.requestId), grant];
}

function tooMany({ state }: Intent<SlotState>): RunnerError {
  return new RunnerError('CONFLICT', `More than ${MOST_GRANTS} accesses to the same thing for the same principal.`, {
    object: state.slot.join('/'),
    mend: 'Wait until some of them have ended.',
  });
}
