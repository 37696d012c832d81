import type { Logger } from './logger.js';

/** Makes standard output the log of a service: nothing else stands between its lines, and it may lose its reader. */
export function keepOutputForLog(log: Logger): void {
  // A log that nobody reads any more is no reason for a service to end.
  for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners('error').on('error', () => undefined);
  // Node would write its warnings as plain text.
  process.removeAllListeners('warning').on('warning', ({ name, message }) => log.warn(message, { source: 'node', name }));
}
