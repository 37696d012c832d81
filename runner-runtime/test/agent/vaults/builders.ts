import type { SecretSettings } from '../../../src/agent/config/agent-settings.js';
import type { VaultRequest, VaultSecret } from '../../../src/agent/vaults/vault.js';
import { createLogger, type Logger } from '../../../src/operations/logger.js';

/** A direct way out. */
export const DIRECT = { proxy: undefined, noProxy: undefined, extraCa: undefined };

/** A request of an application that waits. */
export function aRequest(
  id: string,
  more: { readonly settings?: SecretSettings; readonly known?: VaultSecret; readonly signal?: AbortSignal } = {},
): VaultRequest {
  const { settings, known, signal = new AbortController().signal } = more;
  return { id, settings, application: 'shop', signal, ...(known === undefined ? {} : { known }) };
}

/** A log whose lines can be looked at. */
export function aLog(): Logger & { readonly lines: string[] } {
  const lines: string[] = [];
  return { ...createLogger({ level: 'trace', write: (line) => lines.push(line) }), lines };
}
