import { systemName } from '@axiom-runner/protocol';
import { asRunnerError, type RunnerError } from '../../../errors.js';
import type { Intent } from '../../../integrations/intent.js';
import type { Logger } from '../../../operations/logger.js';

/** What became of a temporary user, for the audit. Never a password. */
export interface LeaseEvent {
  readonly kind: 'made' | 'not-made' | 'revoked' | 'not-revoked';
  /** Absent for a user of an earlier life of the agent. */
  readonly secretId?: string;
  /** Absent for a user of an earlier life of the agent. */
  readonly application?: string;
  /** `postgresql/db.example.com` */
  readonly system: string;
  /** Also the version of the secret. */
  readonly requestId: string;
  /** Name of the user; absent where none was made. */
  readonly username?: string;
  /** When the user ends by itself, unix seconds; absent where none was made. */
  readonly expiresAt?: number;
  /** Why it was not made or revoked. */
  readonly error?: RunnerError;
}

/** What every event of a user says. */
export function factsOf({ system, requestId, principal, expiresAt }: Intent): Omit<LeaseEvent, 'kind'> {
  return { system: systemName(system), requestId, username: principal.id, expiresAt };
}

const MESSAGES: Readonly<Record<LeaseEvent['kind'], string>> = {
  made: 'a temporary user was made',
  'not-made': 'a temporary user could not be made',
  revoked: 'a temporary user was ended',
  'not-revoked': 'a temporary user could not be ended: it is tried again until it expires, and then left to its expiry and the reaper',
};

/** Logs an event and hands it on; a listener that fails changes nothing. */
export function report(event: LeaseEvent, log: Logger, listener: ((event: LeaseEvent) => void) | undefined): void {
  const { kind, error, ...facts } = event;
  log[error === undefined ? 'info' : 'warn'](MESSAGES[kind], { ...facts, ...(error === undefined ? {} : { error: error.toTaskError() }) });
  try {
    listener?.(event);
  } catch (failure) {
    log.error('the record of a temporary user could not be handed on', { error: asRunnerError(failure).toTaskError() });
  }
}
