/**
 * Below 0, 0 or above 0 as the first version is older, equal or newer.
 * @see https://semver.org/#spec-item-11
 */
export function compareVersions(one: string, other: string): number {
  const [[ours, oursBefore], [theirs, theirsBefore]] = [parts(one), parts(other)];
  const difference = compareWords(ours, theirs);
  if (difference !== 0 || oursBefore === theirsBefore) return difference;
  // What comes before a release is older than it.
  if (oursBefore === undefined || theirsBefore === undefined) return oursBefore === undefined ? 1 : -1;
  return compareWords(oursBefore, theirsBefore);
}

function parts(version: string): [string, string | undefined] {
  const dash = version.indexOf('-');
  return dash === -1 ? [version, undefined] : [version.slice(0, dash), version.slice(dash + 1)];
}

/** Numbers by value and before words, words by their characters, and the longer of two that begin alike behind the shorter. */
function compareWords(one: string, other: string): number {
  const [ours, theirs] = [one.split('.'), other.split('.')];
  for (const [index, word] of ours.entries()) {
    const against = theirs[index];
    if (against === undefined) return 1;
    if (word === against) continue;
    const [left, right] = [word, against].map((text) => (/^\d+$/.test(text) ? Number(text) : undefined));
    if (left !== undefined && right !== undefined) return left - right;
    if (left !== undefined || right !== undefined) return left !== undefined ? -1 : 1;
    return word < against ? -1 : 1;
  }
  return ours.length - theirs.length;
}
