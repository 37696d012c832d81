/** Ways in which an interface fails for one call. */
export const FAULTS = [
  'reset before',
  'reset after',
  'rate limit',
  'server error',
  'unavailable',
  'truncated body',
  'wrong JSON',
  'expired token',
] as const;
export type Fault = (typeof FAULTS)[number];

/** Makes a system's interface fail at one call, chosen by its number, so that every run is the same. */
export interface FaultInjector {
  /** @param atCall the n-th call from now on, from 1 */
  arm(fault: Fault, atCall: number): void;
  /** @returns whether the fault was met */
  disarm(): boolean;
}
