import { type Evidence, type Sweep, type System, systemName } from '@axiom-runner/protocol';
import { recordEnd } from '../audit/step-record.js';
import { asRunnerError, RunnerError } from '../errors.js';
import { loadIntegration } from '../integrations/catalogue.js';
import { type Intent, isOutdated, tombstoneUntil } from '../integrations/intent.js';
import type { Logger } from '../operations/logger.js';
import { openGate } from './open-gate.js';
import type { Systems } from './systems.js';

type SystemSweep = Sweep['systems'][number];

/** Time between rounds, ms; each is stretched by up to a fifth at random, so that the runners of a group do not march in step. */
const ROUND_EVERY_MS = 300_000;
const JITTER = 0.2;
/** Time that an access's own workflow has to end it before the reaper looks, ms. */
const GRACE_MS = 15_000;
const SHORTEST_PAUSE_MS = 1_000;
/** Time between renewals of an access whose system limits its own expiry, ms. */
const RENEW_EVERY_MS = 12 * 3_600_000;
/** Time that one system gets in a round, ms. */
const DEADLINE_MS = 120_000;

/** An access as its mark tells it. */
export interface MarkedAccess {
  readonly system: string;
  readonly object: string;
  readonly state: 'active' | 'revoked';
  readonly intent: Intent;
  readonly overdue: boolean;
}

/** What the reaper works with. */
export interface ReaperOptions {
  readonly systems: Systems;
  readonly log: Logger;
  /** Takes the record of every access that is ended. */
  readonly records: Logger;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Told after every round how many accesses are past their end and still there. */
  readonly onOverdue?: (count: number) => void;
}

/**
 * Ends accesses past the authenticated expiry in their marks, whatever became of their workflow: a server may lose or terminate one,
 * and its clock is not trusted. Marks that do not verify are counted and left alone.
 */
export class Reaper {
  readonly #stop = new AbortController();
  readonly #overdue = new Map<string, number>();
  /** When each standing access was renewed last, unix milliseconds. */
  readonly #renewed = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  /** When the next round is due, unix milliseconds; unset while the reaper is not started. */
  #next: number | undefined;
  #running: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: ReaperOptions) {}

  /** Makes a round now and then one every five minutes or a little later. */
  start(): void {
    this.#next = 0;
    void this.#tick();
  }

  /**
   * Lets the reaper look soon after an access should have ended, rather than at its next round.
   * @param endsAtMs unix milliseconds
   */
  expect(endsAtMs: number): void {
    const wanted = endsAtMs + GRACE_MS;
    if (this.#next !== undefined && wanted < this.#next) this.#schedule(wanted);
  }

  /** Stops after the step at hand. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('the reaper was stopped'));
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** Accesses that the last rounds could not end. */
  get overdue(): number {
    return [...this.#overdue.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Makes one round over some systems, or all that are known; rounds never overlap. A system that fails or keeps silent is counted; the others do not wait for it. */
  round(systems: readonly System[] = this.options.systems.known): Promise<Sweep> {
    const forgotten = this.options.now() - 2 * RENEW_EVERY_MS;
    for (const [requestId, at] of this.#renewed) if (at < forgotten) this.#renewed.delete(requestId);
    const round = this.#running.then(async (): Promise<Sweep> => {
      const swept = await Promise.all(systems.map((system) => this.#sweep(system)));
      this.options.onOverdue?.(this.overdue);
      return { systems: swept };
    });
    this.#running = round.catch(() => undefined);
    return round;
  }

  async #tick(): Promise<void> {
    // Set before the round, so that an access that is made during it can still ask for an earlier one.
    this.#schedule(this.options.now() + ROUND_EVERY_MS * (1 + Math.random() * JITTER));
    await this.round();
  }

  #schedule(at: number): void {
    if (this.#stop.signal.aborted) return;
    clearTimeout(this.#timer);
    this.#next = at;
    this.#timer = setTimeout(() => void this.#tick(), Math.max(SHORTEST_PAUSE_MS, at - this.options.now()));
    this.#timer.unref();
  }

  async #sweep(system: System): Promise<SystemSweep> {
    const { systems, log } = this.options;
    const name = systemName(system);
    const deadline = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(DEADLINE_MS)]);
    const tally = { system: name, marked: 0, overdue: 0, reverted: 0, failed: 0, unverifiable: 0 };
    try {
      const { accesses, unverifiable } = await within(deadline, listAccesses(systems, system, this.options.now(), deadline));
      tally.marked = accesses.length;
      tally.unverifiable = unverifiable.length;
      for (const object of unverifiable) log.warn('a mark does not verify; its object is left alone', { system: name, object });
      for (const access of accesses.filter((entry) => entry.overdue)) {
        tally.overdue += 1;
        if (await within(deadline, this.#end(access, deadline))) tally.reverted += 1;
        else tally.failed += 1;
      }
      const standing = accesses.filter(({ overdue, state }) => !overdue && state === 'active');
      if (standing.length > 0 && (await loadIntegration(system.type)).renew !== undefined) {
        for (const access of standing) await within(deadline, this.#renew(access, deadline));
      }
    } catch (error) {
      tally.failed += 1;
      log.error('the reaper could not look into a system', { system: name, error: asRunnerError(error).toTaskError() });
    }
    this.#overdue.set(name, tally.failed);
    return tally;
  }

  /** What fails is tried in the next round: the expiry of a system is renewed days before it comes. */
  async #renew({ intent, system }: MarkedAccess, signal: AbortSignal): Promise<void> {
    const now = this.options.now();
    if (now - (this.#renewed.get(intent.requestId) ?? 0) < RENEW_EVERY_MS) return;
    try {
      await this.options.systems.openFor(intent, openGate(signal), signal, async (integration, access, own) =>
        integration.renew?.(access, own),
      );
      this.#renewed.set(intent.requestId, now);
    } catch (error) {
      this.options.log.error('the expiry of an access could not be renewed', { system, error: asRunnerError(error).toTaskError() });
    }
  }

  async #end({ intent, state }: MarkedAccess, signal: AbortSignal): Promise<boolean> {
    try {
      // A tombstone is only swept up: its access ended, with a record, before.
      const records = state === 'active' ? this.options.records : undefined;
      return await endAccess(this.options.systems, intent, signal, 'reaper', records);
    } catch {
      return false;
    }
  }
}

/** Waits for work until the signal is aborted, whether or not the work heeds it. */
function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, reject) => {
    const refuse = () => reject(new RunnerError('TARGET_UNREACHABLE', 'The system did not answer in the time that it gets.'));
    if (signal.aborted) refuse();
    signal.addEventListener('abort', refuse, { once: true });
  });
  work.catch(() => undefined);
  return Promise.race([work, late]);
}

/** The accesses that marks in a system tell of, and the objects whose marks do not verify. */
export async function listAccesses(
  systems: Systems,
  system: System,
  nowMs: number,
  signal: AbortSignal,
): Promise<{ accesses: MarkedAccess[]; unverifiable: string[] }> {
  return systems.open(system, openGate(signal), signal, async (integration, access) => {
    const accesses = new Map<string, MarkedAccess>();
    const unverifiable: string[] = [];
    for (const { object, mark } of await integration.listMarked(access)) {
      const read = await access.marks.read(mark);
      if (read === undefined) {
        unverifiable.push(object);
        continue;
      }
      // An old mark that somebody copied elsewhere must not end an access before its time.
      const known = accesses.get(read.intent.requestId);
      if (known !== undefined && isOutdated(read.intent, known.intent)) continue;
      accesses.set(read.intent.requestId, { system: systemName(system), object, ...read, overdue: endOf(read) * 1000 <= nowMs });
    }
    return { accesses: [...accesses.values()], unverifiable };
  });
}

/**
 * Reverts and verifies one access, and writes a record of it.
 * @param by  who ends it, outside its own workflow
 * @param log where the record goes; none is written without
 * @returns whether its end is proved
 */
export async function endAccess(
  systems: Systems,
  intent: Intent,
  signal: AbortSignal,
  by: 'reaper' | 'command',
  log: Logger | undefined,
): Promise<boolean> {
  const record = { requestId: intent.requestId, by, subject: intent };
  try {
    const ended = await revertAndVerify(systems, intent, signal);
    if (log !== undefined) recordEnd(log, { ...record, ...ended });
    return ended.proved;
  } catch (error) {
    if (log !== undefined) recordEnd(log, { ...record, actions: [], warnings: [], proved: false, error: asRunnerError(error) });
    throw error;
  }
}

/** Ends one access and reads back whether it is gone. */
export function revertAndVerify(
  systems: Systems,
  intent: Intent,
  signal: AbortSignal,
): Promise<Pick<Evidence, 'actions' | 'proved' | 'warnings'>> {
  return systems.openFor(intent, openGate(signal), signal, async (integration, access, own) => {
    const reverted = await integration.revert(access, own);
    const { proved, warnings } = await integration.verify(access, own);
    return { actions: reverted.actions, warnings: [...reverted.warnings, ...warnings], proved };
  });
}

/** When a marked object is due, unix seconds: an access at its end, a tombstone when no replay can come any more. */
function endOf({ state, intent }: Pick<MarkedAccess, 'state' | 'intent'>): number {
  return state === 'active' ? intent.expiresAt : tombstoneUntil(intent);
}
