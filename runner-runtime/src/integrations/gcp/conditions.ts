/**
 * The condition under which an access stands: https://cloud.google.com/iam/docs/conditions-attribute-reference#date-time
 * @param end unix seconds
 */
export function until(end: number): string {
  return `request.time < timestamp("${new Date(end * 1000).toISOString().replace('.000Z', 'Z')}")`;
}

/** When a condition stops to hold, unix seconds, where all of it hangs on one moment. */
export function endOf(expression: string): number | undefined {
  // Without "or" each part must hold, so the first end counts.
  if (/\|\||!|\?/.test(expression)) return undefined;
  const ends = [...expression.matchAll(/request\.time\s*<=?\s*timestamp\(\s*["']([^"']{1,40})["']\s*\)/g)].map(([, text = '']) =>
    Math.floor(Date.parse(text) / 1000),
  );
  return ends.length === 0 || ends.some(Number.isNaN) ? undefined : Math.min(...ends);
}
