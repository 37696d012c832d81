/** Seconds since 1970 lie between 2001 and 5138; larger numbers are milliseconds, smaller ones durations. */
const LEAST_SECONDS = 1_000_000_000;
const MOST_SECONDS = 100_000_000_000;

const ISO_8601 = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?)?$/;

/**
 * A moment out of a vault: ISO 8601 (a date alone is its beginning; without a zone it is UTC), or unix seconds as a number or digits.
 * @returns unix milliseconds, or `undefined` for anything else
 */
export function parseMoment(value: unknown): number | undefined {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : '';
  if (/^\d+(\.\d+)?$/.test(text)) {
    const seconds = Number(text);
    return seconds >= LEAST_SECONDS && seconds < MOST_SECONDS ? Math.floor(seconds * 1000) : undefined;
  }
  const match = ISO_8601.exec(text);
  if (match === null) return undefined;
  const [, date, time = '00:00', zone = 'Z'] = match;
  const moment = Date.parse(`${date}T${time}${zone.replace(/^([+-]\d{2}):?(\d{2})$/, '$1:$2')}`);
  return Number.isNaN(moment) ? undefined : moment;
}
