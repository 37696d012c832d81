import { setTimeout as pause } from 'node:timers/promises';
import type { AuditTrail } from '../../audit/trail/audit-trail.js';
import type { NetworkSettings } from '../../config/settings.js';
import type { Logger } from '../../operations/logger.js';
import type { RotationSettings } from '../config/agent-settings.js';
import { eachOf } from './each-of.js';
import { type EventQueue, watchQueue } from './events/event-queue.js';
import { handleEvent, idsOfEvent, type SecretNaming } from './events/handle-event.js';
import { checkHooks } from './hooks/check-hooks.js';
import { HookDelivery } from './hooks/hook-delivery.js';
import type { RotationTarget } from './rotation-target.js';
import { Schedule } from './schedules.js';
import { idsOf } from './secret-patterns.js';
import { type RotationReason, SecretRotation } from './secret-rotation.js';

/** What rotation needs. */
export interface RotationOptions extends SecretNaming {
  readonly settings: RotationSettings;
  readonly target: RotationTarget;
  readonly trail: AuditTrail;
  readonly log: Logger;
  readonly network: NetworkSettings;
  /** Other times than the usual ones. */
  readonly timing?: RotationTiming;
}

/** How long rotation waits for what. */
export interface RotationTiming {
  /** Before the second and each further try of a hook, ms. @default 5, 15, 30 and 60 s */
  readonly hookDelaysMs?: readonly number[];
  /** Until an event whose handling failed comes again, seconds. @default 60 */
  readonly visibilitySeconds?: number;
  /** Between the moment of a cron expression and the look, ms. @default up to 5 s at random */
  readonly jitterMs?: () => number;
  /** Before a secret of a hook that could not be had at the start is asked for again, ms. @default 5 s, doubled up to 5 min */
  readonly startDelayMs?: (round: number) => number;
}

/** Rotation while an agent runs. */
export interface Rotation {
  /** Settles when every hook was brought what the vault has at the start, or that has failed; then it is tried on in the background. */
  readonly started: Promise<void>;
  /** Fetches a secret anew, or all that are known, and brings it to its hooks, as an event would. Failures are logged. */
  rotated(id?: string): Promise<void>;
  /** Stops the queue, the schedules, waiting tries and running commands. What was not finished comes again when the agent is back. */
  close(): Promise<void>;
}

/** Secrets that are fetched at once. */
const AT_ONCE = 8;
const LONGEST_START_DELAY_MS = 300_000;

/**
 * Starts rotation: brings the present secrets to the hooks that have files, watches the queue and keeps the schedules.
 * @throws {SettingsError} for hooks that could never work
 */
export function startRotation(options: RotationOptions): Rotation {
  checkHooks(options.settings.hooks);
  const running = new RunningRotation(options);
  return { started: running.started, rotated: (id) => running.rotated(id), close: () => running.close() };
}

class RunningRotation implements Rotation {
  readonly started: Promise<void>;
  readonly #rotation: SecretRotation;
  readonly #queue: EventQueue | undefined;
  readonly #schedules: readonly Schedule[];
  readonly #starting: Promise<void>;
  readonly #stop = new AbortController();

  constructor(private readonly options: RotationOptions) {
    const { settings, target, trail, log, timing = {} } = options;
    const hooks = settings.hooks.map((hook) => new HookDelivery(hook, { trail, log }, timing.hookDelaysMs));
    const rotation = new SecretRotation({ target, hooks, trail, log });
    this.#rotation = rotation;
    const first = this.#rotateAll(idsOf(this.#hookPatterns, target.known()), 'schedule');
    this.started = first.then(() => undefined);
    this.#starting = first.then((failed) => this.#tryOn(failed));
    this.#schedules = settings.schedules.map(
      (schedule) => new Schedule({ settings: schedule, rotation, target, log, jitterMs: timing.jitterMs }),
    );
    this.#queue = this.#watchQueue();
  }

  async rotated(id?: string): Promise<void> {
    await this.#rotateAll(id === undefined ? this.#known : [id], 'event');
  }

  async close(): Promise<void> {
    this.#stop.abort();
    const schedules = this.#schedules.map((schedule) => schedule.close());
    await Promise.all([this.#queue?.close(), ...schedules, this.#rotation.close(), this.#starting]);
  }

  get #hookPatterns(): string[] {
    return this.options.settings.hooks.flatMap(({ secrets }) => secrets);
  }

  get #known(): string[] {
    return [...new Set([...this.options.target.known(), ...idsOf(this.#hookPatterns, [])])];
  }

  #watchQueue(): EventQueue | undefined {
    const { settings, network, log, trail, timing } = this.options;
    if (settings.events === undefined) return undefined;
    return watchQueue({
      settings: settings.events,
      network,
      log,
      visibilitySeconds: timing?.visibilitySeconds,
      handle: (event, again) =>
        handleEvent(event, idsOfEvent(event, this.#known, this.options), again, { rotation: this.#rotation, trail, log }),
      onUnavailable: () => trail.record({ action: 'error', outcome: 'EVENTS_UNAVAILABLE' }).catch(() => undefined),
    });
  }

  /** What the vault did not answer at the start would else wait for the next rotation. */
  async #tryOn(failed: readonly string[]): Promise<void> {
    const { startDelayMs = (round: number) => Math.min(LONGEST_START_DELAY_MS, 5_000 * 2 ** round) } = this.options.timing ?? {};
    let left = failed;
    for (let round = 0; left.length > 0 && !this.#stop.signal.aborted; round += 1) {
      await pause(startDelayMs(round), undefined, { signal: this.#stop.signal, ref: false }).catch(() => undefined);
      left = await this.#rotateAll(left, 'schedule');
    }
  }

  /** @returns the ids that failed */
  async #rotateAll(ids: readonly string[], reason: RotationReason): Promise<string[]> {
    const failed: string[] = [];
    await eachOf(ids, AT_ONCE, async (id) => {
      if (!this.#stop.signal.aborted && !(await this.#rotation.attempt(id, reason))) failed.push(id);
    });
    return failed;
  }
}
