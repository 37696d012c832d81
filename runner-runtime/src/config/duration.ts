const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Whole seconds of `90s`, `15m`, `8h`, `30d`; `undefined` for anything else and for zero. */
export function parseDuration(text: string): number | undefined {
  const match = /^([1-9]\d{0,6})([smhd])$/.exec(text);
  return match?.[1] === undefined || match[2] === undefined ? undefined : Number(match[1]) * (SECONDS[match[2]] ?? 0);
}
