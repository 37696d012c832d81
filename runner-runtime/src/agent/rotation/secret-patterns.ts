import { allowList } from '../applications/allow-list.js';

/** The ids that patterns name: those written out, and those among the known ones that a wildcard covers. */
export function idsOf(patterns: readonly string[], known: readonly string[]): string[] {
  const written = patterns.filter((pattern) => !pattern.endsWith('*'));
  return [...new Set([...written, ...known.filter(allowList(patterns))])];
}
