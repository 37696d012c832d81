import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 50;

/** Waits until something yields a value that is neither `undefined` nor `false`, and returns it. */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = 60_000,
): Promise<T> {
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline; await sleep(POLL_MS)) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
  }
  throw new Error(`${what}: did not happen within ${timeoutMs} ms`);
}

/** Whether a promise rejects. */
export function fails(attempt: Promise<unknown>): Promise<boolean> {
  return attempt.then(
    () => false,
    () => true,
  );
}
