import type { Summary, Verdict } from './figures.js';

const HEADER = ['what', 'ours', 'reference', '', 'relation', 'bar', ''];

/** The verdicts as lines with aligned columns: each cell is the median and, in brackets, the spread, if there is one. */
export function tableOf(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ what, reference, unit, compared, ours, theirs, relation, kept }) => {
    const show = compared.kind === 'ratio' ? times : (value: number) => signed(value, unit);
    return [
      what,
      spread(ours, (value) => plain(value, unit)),
      spread(theirs, (value) => plain(value, unit)),
      reference,
      spread(relation, show),
      compared.most === undefined ? (compared.least === undefined ? '' : `≥ ${show(compared.least)}`) : `≤ ${show(compared.most)}`,
      kept === undefined ? '' : kept ? 'kept' : 'MISSED',
    ];
  });
  const all = [HEADER, ...rows];
  const widths = HEADER.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const lines = all.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

function spread({ median, least, most }: Summary, show: (value: number) => string): string {
  return least === most ? show(median) : `${show(median)} (${show(least)} – ${show(most)})`;
}

function plain(value: number, unit: string): string {
  return `${value.toFixed(0)} ${unit}`;
}

function signed(value: number, unit: string): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(0)} ${unit}`;
}

function times(value: number): string {
  return `${value.toFixed(2)} ×`;
}
