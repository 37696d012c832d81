/** One observed moment of the demo. */
export interface Moment {
  /** Seconds since the start. */
  readonly at: number;
  readonly scene: string;
  readonly text: string;
  /** Whether what was promised was seen; absent for a mere remark. */
  readonly observed?: boolean;
}

/** Tells the demo as it happens: lines for a person, or one JSON object at the end. */
export class Timeline {
  readonly moments: Moment[] = [];
  readonly #startedAt = performance.now();
  #scene = '';

  constructor(private readonly asJson: boolean) {}

  /** Begins a scene. */
  scene(title: string): void {
    this.#scene = title;
    if (!this.asJson) process.stdout.write(`\n── ${title} ${'─'.repeat(Math.max(2, 92 - title.length))}\n`);
  }

  /** Says what happens. */
  tell(text: string): void {
    this.#add(text);
  }

  /** Says what was promised, and whether it was seen. */
  observe(text: string, observed: boolean): void {
    this.#add(text, observed);
  }

  /** Prints real output of something else, indented. */
  show(text: string): void {
    if (!this.asJson) process.stdout.write(`${text.trimEnd().replace(/^/gm, '            │ ')}\n`);
  }

  /** Whether everything promised was seen. */
  get passed(): boolean {
    return this.moments.every(({ observed }) => observed !== false);
  }

  /** The end: the whole timeline as JSON, where that was asked for. */
  end(): void {
    if (this.asJson) process.stdout.write(`${JSON.stringify({ passed: this.passed, moments: this.moments }, undefined, 2)}\n`);
  }

  #add(text: string, observed?: boolean): void {
    const at = Math.round((performance.now() - this.#startedAt) / 100) / 10;
    this.moments.push({ at, scene: this.#scene, text, ...(observed === undefined ? {} : { observed }) });
    const sign = observed === undefined ? ' ' : observed ? '✓' : '✗';
    if (!this.asJson) process.stdout.write(`${at.toFixed(1).padStart(7)} s ${sign} ${text}\n`);
  }
}

/** Lines with aligned columns. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
