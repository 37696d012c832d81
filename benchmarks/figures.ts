/** How a figure is compared, and what it must keep to: a relation inside one run, because times of different runs do not compare. */
export interface Bar {
  /** `ratio`: ours divided by the reference. `difference`: ours minus the reference, in the figure's unit. */
  readonly kind: 'ratio' | 'difference';
  /** What it must not exceed. Without this and `least` nothing is promised. */
  readonly most?: number;
  /** What it must reach. */
  readonly least?: number;
}

/** One thing that was measured beside its reference, turn by turn: the n-th values of both belong together. */
export interface Figure {
  readonly what: string;
  readonly reference: string;
  readonly unit: 'ms' | 'µs' | 'MB' | 'kB' | 'resources' | 'items/s' | 'req/s';
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
  readonly compared: Bar;
}

/** The middle one of several values, and the outermost two. */
export interface Summary {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** A figure with its comparison. */
export interface Verdict extends Pick<Figure, 'what' | 'reference' | 'unit' | 'compared'> {
  readonly ours: Summary;
  readonly theirs: Summary;
  /** The comparison turn by turn, which a change of the machine's load disturbs least. */
  readonly relation: Summary;
  /** Whether the median keeps to the bar; absent without one. */
  readonly kept?: boolean;
}

export function judge({ what, reference, unit, ours, theirs, compared }: Figure): Verdict {
  const relation = summarise(
    ours.map((value, turn) => {
      const other = theirs[turn];
      if (other === undefined) throw new Error(`${what}: turn ${turn} has no reference`);
      return compared.kind === 'ratio' ? value / other : value - other;
    }),
  );
  const verdict = { what, reference, unit, compared, ours: summarise(ours), theirs: summarise(theirs), relation };
  const { most, least } = compared;
  if (most === undefined && least === undefined) return verdict;
  return {
    ...verdict,
    kept: relation.median <= (most ?? Number.POSITIVE_INFINITY) && relation.median >= (least ?? Number.NEGATIVE_INFINITY),
  };
}

function summarise(values: readonly number[]): Summary {
  const sorted = [...values].sort((one, other) => one - other);
  const [least, most] = [sorted[0], sorted.at(-1)];
  if (least === undefined || most === undefined) throw new Error('nothing was measured');
  const low = sorted[Math.floor((sorted.length - 1) / 2)] ?? least;
  const high = sorted[Math.ceil((sorted.length - 1) / 2)] ?? most;
  return { median: (low + high) / 2, least, most };
}
