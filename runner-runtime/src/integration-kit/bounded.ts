/** Reports travel through a workflow engine that fails on large payloads, and what they name is chosen by others. */
const MAX_LINES = 100;
const MAX_LENGTH = 300;

/** The lines of a report, cut to what can be delivered and read. */
export function bounded(lines: readonly string[]): string[] {
  const shown = lines.slice(0, MAX_LINES).map((line) => (line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH)}…` : line));
  const more = lines.length - shown.length;
  return more > 0 ? [...shown, `and ${more} more`] : shown;
}
