import { setTimeout as pause } from 'node:timers/promises';
import { Cron } from 'croner';
import type { Logger } from '../../operations/logger.js';
import type { RotationSettings } from '../config/agent-settings.js';
import { eachOf } from './each-of.js';
import type { RotationTarget } from './rotation-target.js';
import { idsOf } from './secret-patterns.js';
import type { SecretRotation } from './secret-rotation.js';

/** What a schedule needs. */
export interface ScheduleOptions {
  readonly settings: RotationSettings['schedules'][number];
  readonly rotation: SecretRotation;
  readonly target: RotationTarget;
  readonly log: Logger;
  /** Time between the moment of the expression and the look, ms: agents of one fleet must not all ask at once. @default up to 5 s at random */
  readonly jitterMs?: (() => number) | undefined;
}

const LONGEST_JITTER_MS = 5_000;
/** Secrets that are looked at at once. */
const AT_ONCE = 8;

/** Looks for new versions when a cron expression says so. Rounds do not overlap: one that is due while another runs is left out. */
export class Schedule {
  readonly #stop = new AbortController();
  readonly #job: Cron;
  #round: Promise<void> | undefined;

  constructor(private readonly options: ScheduleOptions) {
    const { cron, timezone } = options.settings;
    const { jitterMs = () => Math.random() * LONGEST_JITTER_MS } = options;
    this.#job = new Cron(cron, { unref: true, ...(timezone === undefined ? {} : { timezone }) }, async () => {
      await pause(jitterMs(), undefined, { signal: this.#stop.signal, ref: false }).catch(() => undefined);
      await this.tick();
    });
  }

  /** Makes a round, or waits for the one that runs. Never rejects. */
  tick(): Promise<void> {
    if (this.#round !== undefined)
      this.options.log.debug('a round is left out: the last one still runs', { cron: this.options.settings.cron });
    this.#round ??= this.#look().finally(() => {
      this.#round = undefined;
    });
    return this.#round;
  }

  /** Makes no further round, and waits for the one that runs. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#job.stop();
    await this.#round;
  }

  async #look(): Promise<void> {
    const { settings, target } = this.options;
    await eachOf(idsOf(settings.secrets, target.known()), AT_ONCE, async (id) => {
      if (!this.#stop.signal.aborted) await this.#lookAt(id);
    });
  }

  async #lookAt(id: string): Promise<void> {
    if (await this.#mayHaveChanged(id)) await this.options.rotation.attempt(id, 'schedule');
  }

  /** Where the vault does not tell its version, or fails to, only fetching shows. */
  async #mayHaveChanged(id: string): Promise<boolean> {
    const { rotation, target } = this.options;
    const version = await target.versionOf(id).catch(() => undefined);
    if (version === undefined) return true;
    return version !== (target.heldVersion(id) ?? rotation.lastVersion(id)) || rotation.isPending(id, version);
  }
}
