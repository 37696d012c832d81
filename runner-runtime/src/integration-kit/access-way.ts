import { z } from 'zod';
import { RunnerError } from '../errors.js';
import type { AccessRequest, Integration, Plan, SystemAccess } from '../integrations/integration.js';
import type { Intent } from '../integrations/intent.js';

/** One way in which a system gives access: a kind of slot, a kind of object. An integration has as many as its vendor has. */
export interface AccessWay<Secret, State> extends Pick<Integration<Secret, State>, 'apply' | 'extend' | 'renew' | 'revert' | 'verify'> {
  /** Resolves what is asked for, without changing anything. */
  plan(access: SystemAccess<Secret>, request: AccessRequest): Promise<Plan<State>>;
}

/** What every state says: the way that made it. */
export interface StateOfWay {
  readonly way: string;
}

type Lives<Secret, State> = Pick<Integration<Secret, State>, 'plan' | 'apply' | 'extend' | 'renew' | 'revert' | 'verify'>;

/**
 * The life of an access by the way that its plan took.
 * @param ways   by the name that stands in their states
 * @param choose the name of the way for a request; its errors refuse the request
 */
export function byWay<Secret, State extends StateOfWay>(
  ways: Readonly<Record<string, AccessWay<Secret, State>>>,
  choose: (request: AccessRequest) => string,
): Lives<Secret, State> {
  const wayOf = (name: string): AccessWay<Secret, State> => {
    const way = Object.hasOwn(ways, name) ? ways[name] : undefined;
    if (way !== undefined) return way;
    throw new RunnerError('UNSUPPORTED', 'This access was made in a way that this version of the runner does not know.', {
      object: name,
      mend: 'Let a runner of the version that made it end it.',
    });
  };
  const of = (intent: Intent<State>) => wayOf(intent.state.way);
  const renews = Object.values(ways).some(({ renew }) => renew !== undefined);
  return {
    plan: (access, request) => wayOf(choose(request)).plan(access, request),
    apply: (access, intent) => of(intent).apply(access, intent),
    extend: (access, intent) => of(intent).extend(access, intent),
    ...(renews && { renew: async (access: SystemAccess<Secret>, intent: Intent<State>) => of(intent).renew?.(access, intent) }),
    revert: (access, intent) => of(intent).revert(access, intent),
    verify: (access, intent) => of(intent).verify(access, intent),
  };
}

/** The schema of an integration's states, by their way. */
export function stateOfWays<Schemas extends readonly [z.core.$ZodTypeDiscriminable, ...z.core.$ZodTypeDiscriminable[]]>(schemas: Schemas) {
  return z.discriminatedUnion('way', schemas);
}
