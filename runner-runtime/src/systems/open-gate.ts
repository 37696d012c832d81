import type { EffectGate } from '../integrations/integration.js';

/** Lets everything through until the signal is aborted: for commands and the reaper, which no server hands to anybody else. */
export function openGate(signal: AbortSignal): EffectGate {
  return { check: () => signal.throwIfAborted() };
}
