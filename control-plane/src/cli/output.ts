/** Renders rows as left-aligned columns under a header; columns that are empty throughout are left out. */
export function table(header: readonly string[], rows: readonly (readonly (string | undefined)[])[]): string {
  if (rows.length === 0) return 'none\n';
  const used = header.map((_, column) => column).filter((column) => rows.some((row) => (row[column] ?? '') !== ''));
  const cells = [header, ...rows].map((row) => used.map((column) => printable(row[column] ?? '')));
  const widths = used.map((_, index) => Math.max(...cells.map((row) => row[index]?.length ?? 0)));
  return cells
    .map((row) => `${row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  ')}`.trimEnd())
    .join('\n')
    .concat('\n');
}

/** Renders names and values, one a line; values that are absent are left out. */
export function facts(entries: readonly (readonly [string, string | undefined])[]): string {
  const present = entries.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, value] as const]));
  const width = Math.max(0, ...present.map(([name]) => name.length));
  return present.map(([name, value]) => `${name.padEnd(width)}  ${printable(value)}\n`).join('');
}

/** Shows control characters instead of obeying them: names come from other systems and may hold anything. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
