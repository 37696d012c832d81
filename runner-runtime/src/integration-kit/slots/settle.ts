import { RunnerError } from '../../errors.js';
import type { SystemAccess } from '../../integrations/integration.js';
import { LedgerConflict, type LedgerEntry } from '../../integrations/ledger.js';
import { nativeExpiryOf } from '../turn.js';
import { isSame, type SlotValue } from './lattice.js';
import { type SlotDocument, type SlotGrant, type SlotKind, type SlotState, slotDocumentSchema, slotEntry } from './slot.js';

const ROUNDS = 10;
/** Vendors answer from replicas: a change is seen a little later than it is made. */
const LOOKS = 8;
const FIRST_LOOK_MS = 100;

/** What came of settling a slot. */
export interface Settled {
  readonly actions: readonly string[];
  readonly warnings: readonly string[];
}

/** The grants of a slot as they should be from now on. @throws {RunnerError} when the change must not be made */
export type Adjust = (grants: readonly SlotGrant[]) => Promise<readonly SlotGrant[]>;

/**
 * Changes the grants of a slot and makes the system agree: the ledger first, then the slot, then a look whether another runner was at work
 * meanwhile. However runners race or die on the way, the one that comes last leaves what the ledger says.
 * @param mayRaise whether more may stand in the slot afterwards: an end gives nobody anything back that somebody else took away by hand
 */
export async function settle<Secret>(
  access: SystemAccess<Secret>,
  kind: SlotKind<Secret>,
  state: SlotState,
  adjust: Adjust,
  { mayRaise }: { readonly mayRaise: boolean },
): Promise<Settled> {
  const written: SlotValue[] = [];
  const actions: string[] = [];
  const warnings = new Set<string>();
  const refusals: unknown[] = [];
  /** The grants as they should be; where the change is refused after this attempt has written, those that stand: what it wrote must go again. */
  const adjusted = async (grants: readonly SlotGrant[]): Promise<readonly SlotGrant[]> => {
    try {
      return await adjust(grants);
    } catch (error) {
      if (written.length === 0) throw error;
      refusals.push(error);
      return grants;
    }
  };
  const done = (): Settled => {
    if (refusals.length > 0) throw refusals[0];
    return { actions, warnings: [...warnings] };
  };
  let seen: SlotDocument | undefined;
  for (let round = 0; round < ROUNDS; round += 1) {
    try {
      const entry = await readSlot(access, state);
      seen = entry?.document ?? seen;
      const grants = await adjusted(entry?.document.grants ?? []);
      if (entry === undefined && grants.length === 0 && written.length === 0) return done();
      if (isAtRest(entry?.document, grants) && written.length === 0) {
        await record(access, state, entry, { ...(entry?.document ?? UNKNOWN), grants: [...grants] });
        return done();
      }
      const current = await kind.read(access, state.slot);
      const due = decide(kind, state, { entry, seen, written, current, grants, mayRaise });
      if (due.changedByOthers) warnings.add(`somebody else made it ${kind.describe(due.document.before)} meanwhile: that stays`);
      let recorded = await record(access, state, entry, due.document);
      if (due.mustWrite) {
        written.push(due.target);
        await kind.write(access, state.slot, { from: due.from, to: due.target, until: due.until });
        await see(access, kind, state, due.target);
        actions.push(
          isSame(current, due.target)
            ? `made sure of ${kind.describe(due.target)}`
            : `changed ${kind.describe(current)} to ${kind.describe(due.target)}`,
        );
        if (due.document.until !== due.until) recorded = await record(access, state, recorded, { ...due.document, until: due.until });
      }
      if (!grants.some(({ active }) => active)) {
        await record(access, state, recorded, { ...due.document, until: undefined, ours: [], settled: true });
      } else if ((await access.ledger.read(slotEntry(state)))?.version !== recorded?.version) {
        continue;
      }
      return done();
    } catch (error) {
      if (!(error instanceof LedgerConflict)) throw error;
    }
  }
  throw new RunnerError('CONFLICT', 'Other accesses to the same thing are made and ended all the time.', {
    object: state.slot.join('/'),
    retryable: true,
  });
}

/** What is known when it is decided what should stand in a slot. */
interface Known {
  readonly entry: SlotEntry | undefined;
  /** What the ledger said last, where it says nothing now. */
  readonly seen: SlotDocument | undefined;
  /** What this attempt has written. */
  readonly written: readonly SlotValue[];
  readonly current: SlotValue;
  readonly grants: readonly SlotGrant[];
  readonly mayRaise: boolean;
}

/** What should stand in a slot, and what the ledger should say before it is made so. */
function decide<Secret>(kind: SlotKind<Secret>, { slot }: SlotState, { entry, seen, written, current, grants, mayRaise }: Known) {
  const { lattice } = kind;
  const standing = entry?.document.settled === false ? entry.document : undefined;
  const before = standsWithout(kind, seen, written, current);
  const active = grants.filter((grant) => grant.active);
  const wanted = lattice.join([before, ...active.map(({ value }) => value)]);
  // What this very attempt has lowered too far it must raise again.
  const target = mayRaise || written.length > 0 ? wanted : lattice.meet(wanted, current);
  const until = kind.expires && !isSame(target, before) ? lastEnd(active) : undefined;
  const document: SlotDocument = {
    slot: [...slot],
    before: [...before],
    ours: distinct([...(standing?.ours ?? []), ...written, target]).map((value) => [...value]),
    grants: [...grants],
    settled: false,
    ...(entry?.document.until === undefined ? {} : { until: entry.document.until }),
  };
  // A replica may not show yet what an attempt that died has set: what must not stand is taken away whether it is seen or not.
  const set = lattice.join([current, ...(standing?.ours ?? [])]);
  const unseen = written.length === 0 && !lattice.covers(target, set);
  return {
    document,
    target,
    until,
    from: unseen ? set : current,
    mustWrite: !isSame(current, target) || document.until !== until || unseen,
    changedByOthers: standing !== undefined && !isSame(before, standing.before),
  };
}

/** An entry of the ledger with the document of a slot. */
type SlotEntry = Omit<LedgerEntry, 'document'> & { readonly document: SlotDocument };

/** What the ledger says of a slot. */
export async function readSlot<Secret>(access: SystemAccess<Secret>, state: SlotState): Promise<SlotEntry | undefined> {
  const entry = await access.ledger.read(slotEntry(state));
  return entry === undefined ? undefined : { ...entry, document: slotDocumentSchema.parse(entry.document) };
}

const UNKNOWN: Omit<SlotDocument, 'grants'> = { slot: [], before: [], ours: [], settled: true };

/** Nothing of the runner stands in the slot and nothing shall: only its tombstones are changed. */
function isAtRest(document: SlotDocument | undefined, grants: readonly SlotGrant[]): boolean {
  return (document?.settled ?? true) && !grants.some(({ active }) => active);
}

function standsWithout<Secret>(
  { lattice }: SlotKind<Secret>,
  document: SlotDocument | undefined,
  written: readonly SlotValue[],
  current: SlotValue,
): SlotValue {
  if (document === undefined) return current;
  if (!document.settled) return lattice.without(document.before, [...document.ours, ...written], current);
  // What this very attempt wrote too late is not somebody else's.
  return written.length === 0 ? current : lattice.without(document.before, written, current);
}

async function record<Secret>(
  { ledger, gate }: SystemAccess<Secret>,
  state: SlotState,
  entry: SlotEntry | undefined,
  document: SlotDocument,
): Promise<SlotEntry | undefined> {
  // Written as JSON, in which nothing is undefined.
  if (entry !== undefined && JSON.stringify(entry.document) === JSON.stringify(document)) return entry;
  gate.check();
  // A slot without grants and tombstones is forgotten, once nothing of the runner stands in it.
  if (document.grants.length > 0 || !document.settled) {
    return { ...(await ledger.write(slotEntry(state), document, entry?.version)), document };
  }
  if (entry !== undefined) await ledger.remove(slotEntry(state), entry.version);
  return undefined;
}

function lastEnd(active: readonly SlotGrant[]): number | undefined {
  return active.length === 0 ? undefined : Math.max(...active.map(nativeExpiryOf));
}

/** @throws {RunnerError} retryable, when the change is not seen in the time that replicas need */
async function see<Secret>(access: SystemAccess<Secret>, kind: SlotKind<Secret>, { slot }: SlotState, target: SlotValue): Promise<void> {
  for (let look = 0; look < LOOKS; look += 1) {
    if (isSame(await kind.read(access, slot), target)) return;
    await access.pacer.wait(FIRST_LOOK_MS * 2 ** look, access.signal);
  }
  throw new RunnerError('INTERNAL', 'The system took the change, but does not show it yet.', { object: slot.join('/'), retryable: true });
}

function distinct(values: readonly SlotValue[]): readonly SlotValue[] {
  return values.filter((value, index) => values.findIndex((other) => isSame(other, value)) === index);
}
