import type { AuditEvent, AuditTrail } from '../../audit/trail/audit-trail.js';
import { asRunnerError } from '../../errors.js';
import type { Logger } from '../../operations/logger.js';
import { Problem } from '../problem.js';
import type { HookDelivery, HookOccasion } from './hooks/hook-delivery.js';
import type { Refreshed, RotationTarget } from './rotation-target.js';

/** Why a secret is looked at. An event says that it changed; a schedule, and the start of the agent, only look. */
export type RotationReason = 'event' | 'schedule';

/** What rotating secrets needs. */
export interface SecretRotationOptions {
  readonly target: RotationTarget;
  readonly hooks: readonly HookDelivery[];
  readonly trail: AuditTrail;
  readonly log: Logger;
}

/** A rotation that has not begun yet: whoever wants another one of the same secret takes part in it. */
interface Queued {
  reason: RotationReason;
  /** Settles once the new value is in place; the value within, once the hooks have it. */
  readonly done: Promise<{ readonly delivered: Promise<void> }>;
}

/** Rotates secrets: fetch, record, deliver to hooks. */
export class SecretRotation {
  readonly #queued = new Map<string, Queued>();
  readonly #running = new Map<string, Promise<unknown>>();
  /** Version of each secret that is recorded last. */
  readonly #versions = new Map<string, string>();

  constructor(private readonly options: SecretRotationOptions) {}

  /**
   * Fetches a secret anew and brings it to its hooks. Those that are wanted at once become one.
   * @param again whether an earlier handling of the same event may have died halfway
   * @throws {Problem} when it is to be tried again: the vault failed, nothing could be recorded, or the agent stops. A hook that fails to the
   *   last is recorded, and thrown for no more: the next event or schedule tries it anew.
   */
  async rotate(id: string, reason: RotationReason, again = false): Promise<void> {
    const { delivered } = await this.#coalesced(id, reason, again).done;
    await delivered;
  }

  /** The same, but says in the log why it failed. @returns whether it did not */
  async attempt(id: string, reason: RotationReason): Promise<boolean> {
    try {
      await this.rotate(id, reason);
      return true;
    } catch (error) {
      const { code, message, mend } = error instanceof Problem ? error : asRunnerError(error);
      if (code !== 'AGENT_STOPPING') this.options.log.error('a secret could not be rotated', { secret: id, code, reason: message, mend });
      return false;
    }
  }

  /** Drops a secret that was deleted. @throws {Problem} `AUDIT_UNAVAILABLE` */
  async forget(id: string): Promise<void> {
    this.options.target.forget(id);
    this.options.log.info('a secret was deleted in the vault and is dropped', { secret: id });
    await this.#record({ action: 'rotate', secret: id, outcome: 'deleted' });
  }

  /** Whether a version is one that still has to be recorded, or brought to a hook. */
  isPending(id: string, version: string): boolean {
    const recorded = this.#versions.get(id);
    return (recorded !== undefined && recorded !== version) || this.#hooksOf(id).some((hook) => hook.isBehind(id, version));
  }

  /** The version that was met last. */
  lastVersion(id: string): string | undefined {
    return this.#versions.get(id);
  }

  /** Ends what waits and what runs. */
  async close(): Promise<void> {
    await Promise.all(this.options.hooks.map((hook) => hook.close()));
    await Promise.allSettled(this.#running.values());
  }

  #coalesced(id: string, reason: RotationReason, again: boolean): Queued {
    const waiting = this.#queued.get(id);
    if (waiting !== undefined && !again) {
      if (reason === 'event') waiting.reason = reason;
      return waiting;
    }
    const begin = () => {
      if (this.#queued.get(id) === queued) this.#queued.delete(id);
      return this.#rotate(id, queued.reason, again);
    };
    // What runs already may have asked the vault before the change that this one is about.
    const done = Promise.resolve(this.#running.get(id)).then(begin, begin);
    const queued: Queued = { reason, done };
    this.#queued.set(id, queued);
    this.#running.set(id, done);
    const clear = () => {
      if (this.#running.get(id) === done) this.#running.delete(id);
    };
    done.then(clear, clear);
    return queued;
  }

  async #rotate(id: string, reason: RotationReason, again: boolean): Promise<{ delivered: Promise<void> }> {
    const startedAt = performance.now();
    const refreshed = await this.options.target.refresh(id, reason);
    const { before, after } = refreshed;
    const isFirst = !this.#versions.has(id);
    const rotated = this.#isRotation(id, refreshed, reason);
    if (rotated) {
      // Recorded or not: the next look finds that something is missing.
      this.#versions.set(id, before?.version ?? '');
      const latencyMs = performance.now() - startedAt;
      await this.#record({ action: 'rotate', secret: id, version: after.version, outcome: 'ok', latencyMs });
      this.options.log.info('a secret was rotated', { secret: id, version: after.version });
    }
    this.#versions.set(id, after.version);
    // An application may have fetched the new value before its event came: hooks that never met the secret believe the event.
    const occasion = { before, rotated: rotated || (isFirst && reason === 'event'), again };
    return { delivered: this.#deliver(id, after, occasion) };
  }

  /** A cache that is off, or has lost the secret, knows no earlier version: then what was met last counts, and else what an event says. */
  #isRotation(id: string, { changed, before, after }: Refreshed, reason: RotationReason): boolean {
    const last = this.#versions.get(id);
    if (last !== undefined) return last !== after.version;
    return before === undefined ? reason === 'event' : changed;
  }

  async #deliver(id: string, secret: Refreshed['after'], occasion: HookOccasion): Promise<void> {
    const hooks = this.#hooksOf(id);
    const settled = await Promise.allSettled(hooks.map((hook) => hook.deliver(id, secret, occasion)));
    for (const [index, result] of settled.entries()) {
      if (result.status === 'rejected') throw result.reason;
      if (result.value === 'stopped') throw new Problem('AGENT_STOPPING');
      if (result.value !== 'failed') continue;
      const outcome = `HOOK_FAILED:${hooks[index]?.hook.name ?? ''}`;
      await this.#record({ action: 'rotate', secret: id, version: secret.version, outcome });
    }
  }

  async #record(event: AuditEvent): Promise<void> {
    try {
      await this.options.trail.record(event);
    } catch {
      throw new Problem('AUDIT_UNAVAILABLE');
    }
  }

  #hooksOf(id: string): HookDelivery[] {
    return this.options.hooks.filter((hook) => hook.serves(id));
  }
}
