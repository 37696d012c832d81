import type { AuditEvent, AuditTrail } from '../../audit/trail/audit-trail.js';
import type { Logger } from '../../operations/logger.js';
import type { Application } from '../applications/application.js';
import type { LimitSettings } from '../config/agent-settings.js';
import { Problem, type ProblemCode } from '../problem.js';
import type { Answer } from './answer.js';
import { RequestRate } from './request-rate.js';
import type { SecretSource } from './secret-source.js';

/** Who asks for what. */
export interface SecretRequest {
  readonly application: Application;
  readonly id: string;
  /** Where from: `127.0.0.1:50312`, `unix`, or the subject of a client certificate. */
  readonly peer: string;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  /** Whether only the headers are wanted: then no value leaves. */
  readonly headersOnly: boolean;
}

/** Called once: with the answer, its age in seconds when it is stale, or with the problem. */
export type Delivered = (problem: Problem | undefined, answer?: Answer, ageSeconds?: number) => void;

/** What deliveries need. */
export interface DeliveriesOptions {
  readonly source: SecretSource;
  readonly trail: AuditTrail;
  readonly limits: Pick<LimitSettings, 'requests_per_second' | 'wrong_tokens_per_second'>;
  readonly log: Logger;
  readonly monotonic: () => number;
}

const SECOND_MS = 1_000;

/**
 * Hands secrets to applications: does it ask too often, may it have this one, is it recorded. No record, no delivery.
 * Callbacks rather than promises: a delivery out of the cache costs a few microseconds.
 */
export class Deliveries {
  readonly #rates = new Map<string, RequestRate>();
  readonly #strangers: RequestRate;
  /** Refusals that are counted only, by application; of strangers by no name. */
  readonly #unrecorded = new Map<string | undefined, number>();
  #summary: NodeJS.Timeout | undefined;

  constructor(private readonly options: DeliveriesOptions) {
    this.#strangers = new RequestRate(options.limits.wrong_tokens_per_second, options.monotonic);
  }

  /** Delivers a secret, or says why not. */
  deliver(request: SecretRequest, delivered: Delivered): void {
    const { application, id } = request;
    const { source } = this.options;
    if (!this.#isInRate(application.name)) {
      this.#count(application.name);
      delivered(new Problem('TOO_MANY_REQUESTS', { retryAfterSeconds: 1 }));
      return;
    }
    const allowed = application.allows(id);
    const cached = allowed ? source.cached(id, application.name) : undefined;
    if (!allowed) this.#refuse(request, new Problem('SECRET_NOT_ALLOWED'), delivered);
    else if (cached !== undefined) this.#hand(request, cached, 'cache', undefined, delivered);
    else {
      source.obtain(id, application.name).then(
        (obtained) => this.#hand(request, obtained.answer, obtained.source, obtained.ageSeconds, delivered),
        (error: unknown) => this.#refuse(request, error instanceof Problem ? error : new Problem('AGENT_FAILED'), delivered),
      );
    }
  }

  /**
   * A request that no application stands behind. So many a second are recorded one by one; what is more is counted, so that nobody drives
   * older records out of the trail by knocking.
   * @returns the problem to answer with
   */
  turnAway(code: ProblemCode, peer: string): Problem {
    if (this.#strangers.take()) {
      this.#note({ action: 'error', outcome: code, peer });
      return new Problem(code);
    }
    this.#count(undefined);
    // Only a guess is slowed down: a wrong Host or path is answered as what it is.
    return code === 'TOKEN_INVALID' || code === 'TOKEN_MISSING'
      ? new Problem('TOO_MANY_REQUESTS', { retryAfterSeconds: 1 })
      : new Problem(code);
  }

  close(): void {
    clearTimeout(this.#summary);
    this.#summarise();
  }

  #hand(
    request: SecretRequest,
    answer: Answer,
    source: 'cache' | 'vault' | 'stale',
    ageSeconds: number | undefined,
    delivered: Delivered,
  ): void {
    const { application, id, peer, startedAt, headersOnly } = request;
    this.options.trail.append(
      {
        action: 'deliver',
        application: application.name,
        secret: id,
        version: answer.secret.version,
        source,
        outcome: headersOnly ? 'headers' : 'ok',
        latencyMs: this.options.monotonic() - startedAt,
        peer,
      },
      (failure) => {
        if (failure === undefined) delivered(undefined, answer, ageSeconds);
        else delivered(new Problem('AUDIT_UNAVAILABLE', { retryAfterSeconds: 1 }));
      },
    );
  }

  #refuse({ application, id, peer, startedAt }: SecretRequest, problem: Problem, delivered: Delivered): void {
    this.options.trail.append(
      {
        action: 'error',
        application: application.name,
        secret: id,
        outcome: problem.code,
        latencyMs: this.options.monotonic() - startedAt,
        peer,
      },
      () => delivered(problem),
    );
  }

  #isInRate(application: string): boolean {
    const { requests_per_second } = this.options.limits;
    if (requests_per_second === undefined) return true;
    let rate = this.#rates.get(application);
    if (rate === undefined) {
      rate = new RequestRate(requests_per_second, this.options.monotonic);
      this.#rates.set(application, rate);
    }
    return rate.take();
  }

  /** A record of each would let whoever asks on and on drive older records out of the trail. */
  #count(application: string | undefined): void {
    this.#unrecorded.set(application, (this.#unrecorded.get(application) ?? 0) + 1);
    this.#summary ??= setTimeout(() => this.#summarise(), SECOND_MS).unref();
  }

  #summarise(): void {
    this.#summary = undefined;
    for (const [application, count] of this.#unrecorded) this.#note({ action: 'error', application, outcome: 'TOO_MANY_REQUESTS', count });
    this.#unrecorded.clear();
  }

  /** A refusal that could not be recorded stays a refusal. */
  #note(event: AuditEvent): void {
    this.options.trail.append(event, (failure) => {
      if (failure !== undefined) this.options.log.warn('a refusal could not be recorded', { outcome: event.outcome });
    });
  }
}
