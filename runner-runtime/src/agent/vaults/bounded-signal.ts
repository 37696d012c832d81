/** Aborted with the caller's signal, or when the time is over (then with a `TimeoutError`). @param ms milliseconds */
export function boundedSignal(signal: AbortSignal, ms: number): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(ms)]);
}
