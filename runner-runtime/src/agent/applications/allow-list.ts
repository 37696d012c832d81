/**
 * Makes the test of an application's patterns: ids, `<prefix>/*` for all below a prefix, `*` for all. It costs as much as the id has
 * slashes, however many patterns there are.
 */
export function allowList(patterns: readonly string[]): (id: string) => boolean {
  if (patterns.includes('*')) return () => true;
  const ids = new Set(patterns.filter((pattern) => !pattern.endsWith('/*')));
  const prefixes = new Set(patterns.filter((pattern) => pattern.endsWith('/*')).map((pattern) => pattern.slice(0, -2)));
  return (id) => {
    if (ids.has(id)) return true;
    for (let slash = id.indexOf('/'); slash !== -1; slash = id.indexOf('/', slash + 1)) {
      if (prefixes.has(id.slice(0, slash))) return true;
    }
    return false;
  };
}
