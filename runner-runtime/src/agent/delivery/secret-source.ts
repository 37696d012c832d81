import { LRUCache } from 'lru-cache';
import type { AuditTrail } from '../../audit/trail/audit-trail.js';
import { asRunnerError } from '../../errors.js';
import type { Logger } from '../../operations/logger.js';
import type { CacheSettings, LimitSettings, SecretSettings } from '../config/agent-settings.js';
import { Problem } from '../problem.js';
import type { Vault, VaultSecret } from '../vaults/vault.js';
import { type Answer, answerOf } from './answer.js';
import { type Clocks, SecretCache } from './secret-cache.js';
import { isFinal, isSilence, vaultProblem } from './vault-problem.js';
import { VaultTurns } from './vault-turns.js';

/** A secret and where it came from. */
export interface Obtained {
  readonly answer: Answer;
  readonly source: 'cache' | 'vault' | 'stale';
  /** Seconds since the vault was asked; only of a stale one. */
  readonly ageSeconds?: number;
}

/** What a source is made of. */
export interface SecretSourceOptions extends Clocks {
  readonly cache: CacheSettings;
  readonly limits: Pick<LimitSettings, 'vault_requests' | 'vault_timeout'>;
  /** What the configuration says of a secret. */
  readonly settingsOf: (id: string) => SecretSettings | undefined;
  /** The vault that holds a secret. */
  readonly vaultOf: (id: string) => Vault;
  readonly log: Logger;
  /** Takes a record of every question before its answer is used. */
  readonly trail: AuditTrail;
  /** Told when a secret has turned out to be another than the last time, though nobody told of a rotation. */
  readonly onChanged?: (id: string) => void;
}

/** What is known of a secret that could not be had, and until when it is taken for granted. */
interface Refusal {
  readonly problem: Problem;
  readonly until: number;
}

interface Flight {
  readonly epoch: number;
  readonly answer: Promise<Answer>;
}

const MOST_REFUSALS = 10_000;
/** Who asks because of a rotation: no application has this name. */
const ROTATION = '';
/** How long a no other than "there is none" is taken for granted, seconds. */
const FINAL_FOR_SECONDS = 1;
const SWEEP_EVERY_MS = 10_000;

/** Secrets out of the cache while they may be used, else out of the vault; concurrent requests for one share one question. Memory only. */
export class SecretSource {
  readonly #cache: SecretCache;
  readonly #refusals = new LRUCache<string, Refusal>({ max: MOST_REFUSALS });
  readonly #flights = new Map<string, Flight>();
  /** Counts the rotations of an id: what was asked before one may be the old value. */
  readonly #epochs = new Map<string, number>();
  /** Version that was met last, of secrets that all applications share. */
  readonly #versions: LRUCache<string, string>;
  readonly #refreshing = new Set<string>();
  readonly #turns: VaultTurns;
  readonly #sweep: NodeJS.Timeout;

  constructor(private readonly options: SecretSourceOptions) {
    this.#cache = new SecretCache(options.cache, options);
    this.#versions = new LRUCache({ max: options.cache.max_entries });
    this.#turns = new VaultTurns(options.limits.vault_requests);
    this.#sweep = setInterval(() => this.sweep(), SWEEP_EVERY_MS);
    this.#sweep.unref();
  }

  /** The secret, if it is in the cache and may be used: what almost every request comes to. */
  cached(id: string, application: string): Answer | undefined {
    return this.#cache.usable(this.#keyOf(id, application));
  }

  /** The secret out of the vault; where that does not answer and the configuration says so, out of the cache past its time. @throws {Problem} */
  async obtain(id: string, application: string): Promise<Obtained> {
    const key = this.#keyOf(id, application);
    const refusal = this.#refusals.get(key);
    try {
      if (refusal !== undefined && this.options.monotonic() < refusal.until) throw refusal.problem;
      return { answer: await this.#fetch(key, id, application), source: 'vault' };
    } catch (error) {
      const problem = vaultProblem(error);
      // Only for silence, never for a no.
      const stale = isSilence(problem) ? this.#cache.stale(key) : undefined;
      if (stale === undefined) throw problem;
      return { ...stale, source: 'stale' };
    }
  }

  /**
   * Asks the vault anew because of a rotation; until it has answered, the old value is delivered, and never after.
   * @throws {Problem} then the old value stays for its time, unless the vault refuses it
   */
  async refresh(id: string): Promise<{ readonly changed: boolean; readonly before: VaultSecret | undefined; readonly after: VaultSecret }> {
    const before = this.#cache.held(id)?.secret;
    this.#epochs.set(id, this.#epochOf(id) + 1);
    this.#refusals.delete(id);
    this.#refreshing.add(id);
    const { secret: after } = await this.#fetch(id, id, ROTATION)
      .catch((error: unknown) => {
        throw vaultProblem(error);
      })
      .finally(() => this.#refreshing.delete(id));
    return { changed: before?.version !== after.version, before, after };
  }

  /** Version that is held now. */
  heldVersion(id: string): string | undefined {
    return this.#cache.held(id)?.secret.version;
  }

  /** Version that the vault would answer with, where it tells that for less than the secret. */
  async versionOf(id: string): Promise<string | undefined> {
    const vault = this.options.vaultOf(id);
    if (vault.versionOf === undefined) return undefined;
    const ask = vault.versionOf.bind(vault);
    return this.#turns.run(ROTATION, this.#timeoutMs, (signal) =>
      ask({ id, settings: this.options.settingsOf(id), application: ROTATION, signal }),
    );
  }

  /** Ids that are held, of secrets that all applications share. */
  get held(): readonly string[] {
    return this.#cache.sharedIds;
  }

  /** Drops a secret: it was deleted. What is being asked for it meanwhile is not kept either. */
  forget(id: string): void {
    this.#epochs.set(id, this.#epochOf(id) + 1);
    this.#cache.dropId(id);
  }

  /** Drops what an application had of its own: it is gone. */
  forgetApplication(application: string): void {
    this.#cache.dropApplication(application);
  }

  /** Lets go of values that may not be delivered any more. */
  sweep(): void {
    this.#cache.sweep();
  }

  /** Asks no vault any more: who still waits for one gets `AGENT_STOPPING`. */
  stopAsking(): void {
    this.#turns.stop();
  }

  close(): void {
    this.stopAsking();
    clearInterval(this.#sweep);
    this.#cache.clear();
  }

  get #timeoutMs(): number {
    return this.options.limits.vault_timeout * 1000;
  }

  #keyOf(id: string, application: string): string {
    return this.options.vaultOf(id).perApplication ? `${application}\n${id}` : id;
  }

  #epochOf(id: string): number {
    return this.#epochs.get(id) ?? 0;
  }

  #fetch(key: string, id: string, application: string): Promise<Answer> {
    const epoch = this.#epochOf(id);
    const running = this.#flights.get(key);
    if (running?.epoch === epoch) return running.answer;
    const flight: Flight = {
      epoch,
      answer: this.#ask(key, id, application, epoch).finally(() => {
        if (this.#flights.get(key) === flight) this.#flights.delete(key);
      }),
    };
    this.#flights.set(key, flight);
    return flight.answer;
  }

  async #ask(key: string, id: string, application: string, epoch: number): Promise<Answer> {
    const { vaultOf, settingsOf, monotonic, log } = this.options;
    // The answer counts from here: the vault may have read the value as early as this.
    const askedAt = monotonic();
    const report = (outcome: string, version?: string) => this.#record(application, id, version, outcome, monotonic() - askedAt);
    let secret: VaultSecret;
    try {
      const vault = vaultOf(id);
      const known = this.#cache.held(key)?.secret;
      secret = await this.#turns.run(application, this.#timeoutMs, (signal) =>
        vault.fetch({ id, settings: settingsOf(id), application, known, signal }),
      );
    } catch (error) {
      const problem = vaultProblem(error);
      log.warn('a secret could not be fetched', {
        secret: id,
        problem: problem.code,
        ...(error instanceof Problem ? {} : { error: asRunnerError(error).toTaskError() }),
      });
      if (epoch === this.#epochOf(id)) this.#refuse(key, problem);
      await report(problem.code);
      throw problem;
    }
    await report('ok', secret.version);
    // A rotation came in between: this may be the value from before it.
    if (epoch !== this.#epochOf(id)) return this.#fetch(key, id, application);
    return this.#keep(key, id, secret, askedAt);
  }

  /** @throws {Problem} `AUDIT_UNAVAILABLE`: what cannot be recorded is not used */
  async #record(application: string, secret: string, version: string | undefined, outcome: string, latencyMs: number): Promise<void> {
    const who = application === ROTATION ? undefined : application;
    const action = outcome === 'ok' ? 'fetch' : 'error';
    try {
      await this.options.trail.record({ action, application: who, secret, version, source: 'vault', outcome, latencyMs });
    } catch {
      throw new Problem('AUDIT_UNAVAILABLE', { retryAfterSeconds: 1 });
    }
  }

  #keep(key: string, id: string, secret: VaultSecret, askedAt: number): Answer {
    const { cache, now, monotonic } = this.options;
    const answer = answerOf(id, secret, now() - (monotonic() - askedAt) + cache.ttl * 1000);
    this.#refusals.delete(key);
    if (key === id) this.#noteVersion(id, secret.version);
    this.#cache.keep(key, answer, askedAt);
    return answer;
  }

  #noteVersion(id: string, version: string): void {
    const last = this.#versions.get(id);
    this.#versions.set(id, version);
    if (last !== undefined && last !== version && !this.#refreshing.has(id)) this.options.onChanged?.(id);
  }

  /** Remembers a no for a while, so that the vault is not asked for it ever again; what was kept goes with it. */
  #refuse(key: string, problem: Problem): void {
    if (isFinal(problem)) this.#cache.drop(key);
    const seconds =
      problem.code === 'SECRET_NOT_FOUND'
        ? this.options.cache.negative_ttl
        : (problem.retryAfterSeconds ?? (isFinal(problem) ? FINAL_FOR_SECONDS : 0));
    if (seconds > 0) this.#refusals.set(key, { problem, until: this.options.monotonic() + seconds * 1000 });
  }
}
