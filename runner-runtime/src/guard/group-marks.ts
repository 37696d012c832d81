import { type System, systemName } from '@axiom-runner/protocol';
import { type Intent, intentSchema } from '../integrations/intent.js';
import type { Mark, Marks } from '../integrations/marks.js';
import type { StateKey } from './state-key.js';

/** Whose marks they are. */
export interface Group {
  readonly tenantId: string;
  readonly runnerGroupId: string;
}

/** Marks and names of one runner group in one system. */
export function createMarks(stateKey: StateKey, group: Group, system: System): Marks {
  const scope = [group.tenantId, group.runnerGroupId, systemName(system)];
  return {
    name: (requestId, purpose) => stateKey.name(...scope, 'request', requestId, purpose),
    sharedName: (purpose) => stateKey.name(...scope, 'shared', purpose),
    write: async (state, intent) => stateKey.seal(state, intent),
    read: async (text): Promise<Mark | undefined> => {
      const opened = stateKey.open(text);
      if (opened === undefined || (opened.type !== 'active' && opened.type !== 'revoked')) return undefined;
      const intent = intentSchema.safeParse(opened.document);
      return intent.success && isOf(intent.data, group, system) ? { state: opened.type, intent: intent.data } : undefined;
    },
  };
}

/** Whether an intent belongs to a group and system: a mark copied from elsewhere is worth nothing here. */
export function isOf(intent: Intent, group: Group, system: System): boolean {
  return (
    intent.tenantId === group.tenantId && intent.runnerGroupId === group.runnerGroupId && systemName(intent.system) === systemName(system)
  );
}
