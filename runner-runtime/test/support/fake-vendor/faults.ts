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

/** The fault that waits for its call. */
export class ArmedFault implements FaultInjector {
  #waiting: { readonly fault: Fault; left: number } | undefined;
  #met = false;

  arm(fault: Fault, atCall: number): void {
    this.#waiting = { fault, left: atCall };
    this.#met = false;
  }

  disarm(): boolean {
    this.#waiting = undefined;
    return this.#met;
  }

  /** Counts a call. @returns the fault that it meets */
  next(): Fault | undefined {
    if (this.#waiting === undefined) return undefined;
    this.#waiting.left -= 1;
    if (this.#waiting.left !== 0) return undefined;
    this.#met = true;
    return this.#waiting.fault;
  }
}
