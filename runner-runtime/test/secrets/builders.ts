import { readFileSync } from 'node:fs';
import { RunnerError } from '../../src/errors.js';

const COMMANDS: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/published-create-secret-commands.json', import.meta.url), 'utf8'),
);

/** The published secrets, by type: what stands between the single quotes behind `--secret-string`. */
export const PUBLISHED_SECRETS: readonly (readonly [type: string, secret: string])[] = Object.entries(COMMANDS).map(([type, command]) => [
  type,
  /--secret-string '([^']*)'/.exec(command)?.[1] ?? '',
]);

/** The error that a call is refused with. */
export async function errorOf(call: () => unknown): Promise<RunnerError> {
  try {
    await call();
  } catch (error) {
    if (error instanceof RunnerError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}
