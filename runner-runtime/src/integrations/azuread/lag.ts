import type { Access } from './graph.js';

const LOOKS = 6;
const FIRST_LOOK_MS = 100;

/**
 * Looks for what should be there until it is: Graph answers from replicas, which may not show yet what was made seconds ago.
 * @param look gives nothing when it finds nothing
 * @returns what was found; empty after about three seconds
 */
export async function lookFor<Found>(
  { pacer, signal }: Pick<Access, 'pacer' | 'signal'>,
  look: () => Promise<readonly Found[]>,
): Promise<readonly Found[]> {
  let found = await look();
  for (let looks = 1; found.length === 0 && looks < LOOKS; looks += 1) {
    await pacer.wait(FIRST_LOOK_MS * 2 ** (looks - 1), signal);
    found = await look();
  }
  return found;
}
