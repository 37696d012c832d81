import type { Check } from '@axiom-runner/protocol';
import { RunnerError } from '../errors.js';
import type { Declaration } from '../integrations/declaration.js';

/** What a check has found, without its name. */
export type Answer = Omit<Check, 'name'>;

/** The declared checks in their order; what has no answer was skipped, since it needs a connection. */
export function declaredChecks({ checks }: Declaration, answers: Readonly<Record<string, Answer>>): Check[] {
  return checks.map(({ name }) => ({ name, ...(answers[name] ?? { outcome: 'skipped', detail: 'Needs a connection.' }) }));
}

const OUTCOMES: Partial<Record<RunnerError['code'], Check['outcome']>> = {
  TARGET_UNREACHABLE: 'unreachable',
  TARGET_AUTH_FAILED: 'authentication_failed',
  TARGET_PERMISSION_DENIED: 'permission_missing',
};

/** The answer of a check that failed with an error. */
export function failed({ code, message, mend, object }: RunnerError): Answer {
  return {
    outcome: OUTCOMES[code] ?? 'failed',
    detail: object === undefined ? message : `${object}: ${message}`,
    ...(mend !== undefined && { mend }),
  };
}

/** The answer of a check that looks at something, or what its error means. */
export async function answerOf({ signal }: { readonly signal: AbortSignal }, look: () => Promise<Answer>): Promise<Answer> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof RunnerError) || signal.aborted) throw error;
    return failed(error);
  }
}

const MOST_NAMED = 5;

/** A few names of many, for a sentence. */
export function named(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMED).join(', ');
  return names.length > MOST_NAMED ? `${shown} and ${names.length - MOST_NAMED} more` : shown;
}
