import { SCHEMA_VERSION, type System } from '@axiom-runner/protocol';
import { RunnerError } from '../../../errors.js';
import type { Group } from '../../../guard/group-marks.js';
import { type Intent, intentSchema } from '../../../integrations/intent.js';
import { openGate } from '../../../systems/open-gate.js';
import { listAccesses, revertAndVerify } from '../../../systems/reaper.js';
import type { Systems } from '../../../systems/systems.js';
import type { DynamicSecret } from './dynamic-secret.js';

/** Time in which a planned user may be made, seconds. */
export const APPLY_SECONDS = 60;

/** What a user logs in with. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/** Makes and ends users, by the same steps and under the same marks as a runner of the group. */
export class TemporaryUsers {
  constructor(
    private readonly options: {
      readonly systems: Systems;
      readonly group: Group;
      /** Unix milliseconds. */
      readonly now: () => number;
    },
  ) {}

  /** Checks that the user can be made, and fixes how it is unmade; changes nothing. */
  async plan({ system, target, permission, leaseSeconds }: DynamicSecret, requestId: string, signal: AbortSignal): Promise<Intent> {
    const { systems, group, now } = this.options;
    const { principal, state } = await systems.open(system, openGate(signal), signal, (integration, access) =>
      integration.plan(access, { requestId, target, permission }),
    );
    const plannedAt = Math.floor(now() / 1000);
    return intentSchema.parse({
      schemaVersion: SCHEMA_VERSION,
      requestId,
      tenantId: group.tenantId,
      runnerGroupId: group.runnerGroupId,
      kind: 'dispense',
      system,
      target,
      permission,
      principal,
      plannedAt,
      applyUntil: plannedAt + APPLY_SECONDS,
      expiresAt: plannedAt + leaseSeconds,
      state,
    });
  }

  /** Makes the user. After a failure it may stand: {@link end} it. */
  async make(intent: Intent, signal: AbortSignal): Promise<Login> {
    const { credential } = await this.options.systems.openFor(intent, openGate(signal), signal, (integration, access, own) =>
      integration.apply(access, own),
    );
    const { username, password } = credential ?? {};
    if (username && password) return { username, password };
    throw new RunnerError('UNSUPPORTED', 'The credential of this system is no user name and password.', { object: intent.system.type });
  }

  /**
   * Ends the user and its sessions, and reads back whether it is gone.
   * @throws {RunnerError} also where that is not proved
   */
  async end(intent: Intent, signal: AbortSignal): Promise<void> {
    const { proved } = await revertAndVerify(this.options.systems, intent, signal);
    if (proved) return;
    throw new RunnerError('INTERNAL', 'The end of the temporary user is not proved: something keeps it.', { object: intent.principal.id });
  }

  /** The accesses that stand in a system under marks of the group. */
  async standing(system: System, signal: AbortSignal): Promise<Intent[]> {
    const { accesses } = await listAccesses(this.options.systems, system, this.options.now(), signal);
    return accesses.filter(({ state }) => state === 'active').map(({ intent }) => intent);
  }
}
