/** What stands in a slot: a sorted list of what its principal has there. `[]` is nothing, `['write']` a level, `['SELECT', 'UPDATE']` privileges. */
export type SlotValue = readonly string[];

/** How values of a kind of slot are put together. */
export interface Lattice {
  /** The least value that gives everything that each of them gives. */
  join(values: readonly SlotValue[]): SlotValue;
  /** The most that both values give. */
  meet(one: SlotValue, other: SlotValue): SlotValue;
  /** Whether one value gives everything that another gives. */
  covers(value: SlotValue, wanted: SlotValue): boolean;
  /**
   * What stands without the runner, as far as can be told: what was there before, corrected by what others changed since.
   * @param before  what was there before the first grant
   * @param ours    values that the runner may have set since
   * @param current what stands now
   */
  without(before: SlotValue, ours: readonly SlotValue[], current: SlotValue): SlotValue;
}

/** Each thing for itself: privileges, or a membership as a set of one. Whatever the runner never set is somebody else's. */
export const SETS: Lattice = {
  join: (values) => sorted(values.flat()),
  meet: (one, other) => one.filter((each) => other.includes(each)),
  covers: (value, wanted) => wanted.every((one) => value.includes(one)),
  without: (before, ours, current) => {
    const set = ours.flat();
    return current.filter((one) => before.includes(one) || !set.includes(one));
  },
};

/**
 * One level at a time, each giving all that the lower ones give.
 * @param order every level, lowest first; a level that is not in it (a vendor's custom role) counts as higher than nothing and lower than all of them
 */
export function levels(order: readonly string[]): Lattice {
  const rank = ([level]: SlotValue) => (level === undefined ? -1 : order.indexOf(level) + 1);
  return {
    join: (values) => values.reduce((highest, value) => (rank(value) > rank(highest) ? value : highest), []),
    meet: (one, other) => (rank(one) < rank(other) ? one : other),
    covers: (value, wanted) => rank(value) >= rank(wanted),
    without: (before, ours, current) => ([...ours, before].some((known) => isSame(known, current)) ? before : current),
  };
}

/** Whether two values are the same. */
export function isSame(one: SlotValue, other: SlotValue): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function sorted(values: readonly string[]): SlotValue {
  return [...new Set(values)].sort();
}
