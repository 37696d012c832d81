/** A log that nobody reads any more is no reason for a service to end. */
export function outliveLogReader(): void {
  for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners('error').on('error', () => undefined);
}
