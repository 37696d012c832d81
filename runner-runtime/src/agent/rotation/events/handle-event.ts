import type { AuditTrail } from '../../../audit/trail/audit-trail.js';
import type { Logger } from '../../../operations/logger.js';
import type { AgentSettings } from '../../config/agent-settings.js';
import type { SecretRotation } from '../secret-rotation.js';
import type { RotationEvent } from './rotation-event.js';
import { isSameSecret } from './secret-names.js';

/** How ids and the names of the vault belong together. */
export interface SecretNaming {
  readonly secrets: AgentSettings['secrets'];
  /** Stands before an id that has no name of its own. */
  readonly vaultPrefix: string;
}

/** The ids among the known ones that an event is about: two may stand for one secret of the vault. */
export function idsOfEvent(event: RotationEvent, known: Iterable<string>, { secrets, vaultPrefix }: SecretNaming): string[] {
  return [...new Set(known)].filter((id) => {
    if (event.id === id) return true;
    const settings = Object.hasOwn(secrets, id) ? secrets[id] : undefined;
    const name = settings?.name ?? `${vaultPrefix}${id}`;
    return event.names.some((told) => isSameSecret(name, told));
  });
}

/** Does what an event asks for, for each of its ids. @throws when it is to come again */
export async function handleEvent(
  { kind }: RotationEvent,
  ids: readonly string[],
  again: boolean,
  { rotation, trail, log }: { readonly rotation: SecretRotation; readonly trail: AuditTrail; readonly log: Logger },
): Promise<void> {
  if (kind === 'none') return;
  if (ids.length === 0) log.debug('an event is about none of the secrets of this agent', { kind });
  const handled = ids.map(async (id) => {
    if (kind === 'changed') await rotation.rotate(id, 'event', again);
    else if (kind === 'deleted') await rotation.forget(id);
    else {
      log.error('the vault could not rotate a secret; its value stays', { secret: id });
      await trail.record({ action: 'error', secret: id, outcome: 'ROTATION_FAILED' });
    }
  });
  const failed = (await Promise.allSettled(handled)).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
