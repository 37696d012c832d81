import { setTimeout as pause } from 'node:timers/promises';
import { allowList } from '../../applications/allow-list.js';
import type { HookSettings } from '../../config/agent-settings.js';
import { Problem } from '../../problem.js';
import type { VaultSecret } from '../../vaults/vault.js';
import { HookFailure } from './hook-failure.js';
import { type HookTools, runHook } from './run-hook.js';

/** Time before the second, third, fourth and fifth try, ms: about two minutes together. */
export const HOOK_RETRY_DELAYS_MS: readonly number[] = [5_000, 15_000, 30_000, 60_000];

/** Why a secret is brought to a hook. */
export interface HookOccasion {
  /** What was held before, where the hook itself has had nothing. */
  readonly before: VaultSecret | undefined;
  /** Whether the secret is known or said to have changed, rather than met for the first time. */
  readonly rotated: boolean;
  /** Whether an earlier try may have died halfway. */
  readonly again: boolean;
}

/** `current`: it has this version already. `superseded`: a newer one took its turn. `stopped`: the agent stops. */
export type HookResult = 'delivered' | 'current' | 'failed' | 'superseded' | 'stopped';

/** What a hook has of one secret. */
interface Held {
  readonly secret: VaultSecret;
  /** Whether this process brought it there, and saw all steps through. */
  readonly confirmed: boolean;
}

/** Brings secrets to one hook: one at a time, the newest of each, again when it fails. */
export class HookDelivery {
  /** Whether a secret is one of the hook's. */
  readonly serves: (id: string) => boolean;
  readonly #held = new Map<string, Held>();
  readonly #newest = new Map<string, AbortController>();
  readonly #stop = new AbortController();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    readonly hook: HookSettings,
    private readonly tools: Omit<HookTools, 'signal'>,
    private readonly delaysMs: readonly number[] = HOOK_RETRY_DELAYS_MS,
  ) {
    this.serves = allowList(hook.secrets);
  }

  /** Whether the hook is not known to have this version. */
  isBehind(id: string, version: string): boolean {
    return this.#held.get(id)?.secret.version !== version;
  }

  /**
   * Brings a secret to the hook, unless it is there. A file is written when its text differs; without a file, a secret that is met for the
   * first time is taken for the one that the hook has.
   * @throws {Problem} `AUDIT_UNAVAILABLE` when the last try could not be recorded
   */
  async deliver(id: string, secret: VaultSecret, occasion: HookOccasion): Promise<HookResult> {
    this.#newest.get(id)?.abort();
    const newest = new AbortController();
    this.#newest.set(id, newest);
    try {
      return await this.#try(id, secret, occasion, newest.signal);
    } finally {
      if (this.#newest.get(id) === newest) this.#newest.delete(id);
    }
  }

  /** Ends waits and running commands. */
  async close(): Promise<void> {
    this.#stop.abort();
    for (const newest of this.#newest.values()) newest.abort();
    await this.#turn;
  }

  #has(id: string, { version }: VaultSecret, { again }: HookOccasion): boolean {
    const held = this.#held.get(id);
    return held?.secret.version === version && (held.confirmed || !again);
  }

  async #try(id: string, secret: VaultSecret, occasion: HookOccasion, superseded: AbortSignal): Promise<HookResult> {
    for (let attempt = 0; ; attempt += 1) {
      const result = await this.#inTurn(() => this.#run(id, secret, occasion, superseded));
      if (!(result instanceof Error)) return result;
      if (this.#stop.signal.aborted) return 'stopped';
      const delayMs = this.delaysMs[attempt];
      if (delayMs === undefined) {
        if (result.code === 'AUDIT_UNAVAILABLE') throw result;
        return 'failed';
      }
      await pause(delayMs, undefined, { signal: superseded }).catch(() => undefined);
    }
  }

  /** @returns the failure of this try, or the result of all */
  async #run(
    id: string,
    secret: VaultSecret,
    occasion: HookOccasion,
    superseded: AbortSignal,
  ): Promise<HookResult | HookFailure | Problem> {
    const { signal } = this.#stop;
    if (signal.aborted) return 'stopped';
    if (superseded.aborted) return 'superseded';
    if (this.#has(id, secret, occasion)) return 'current';
    const { hook, tools } = this;
    const held = this.#held.get(id)?.secret;
    const isOther = (one: VaultSecret | undefined) => one !== undefined && one.version !== secret.version;
    const always = occasion.rotated || occasion.again || isOther(held);
    if (!always && hook.file === undefined) {
      this.#held.set(id, { secret, confirmed: false });
      return 'current';
    }
    const about = { hook: hook.name, secret: id, version: secret.version };
    try {
      const previous = [held, occasion.before].find(isOther);
      const ran = await runHook({ hook, id, secret, previous, always }, { ...tools, signal });
      this.#held.set(id, { secret, confirmed: ran });
      if (ran) tools.log.info('a secret was delivered to a hook', about);
      return ran ? 'delivered' : 'current';
    } catch (error) {
      const failure = error instanceof HookFailure || error instanceof Problem ? error : new Problem('AGENT_FAILED');
      await this.#recordFailure(about, failure);
      return failure;
    }
  }

  async #recordFailure(
    about: { readonly hook: string; readonly secret: string; readonly version: string },
    { code, message, mend }: HookFailure | Problem,
  ): Promise<void> {
    const { log, trail } = this.tools;
    log.error('a hook failed', { ...about, code, reason: message, mend });
    const { hook, secret, version } = about;
    await trail.record({ action: 'error', application: `hook:${hook}`, secret, version, outcome: code }).catch(() => undefined);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}
