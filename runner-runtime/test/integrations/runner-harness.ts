import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Principal, System, Target } from '@axiom-runner/protocol';
import { SCHEMA_VERSION } from '@axiom-runner/protocol';
import { RunnerError } from '../../src/errors.js';
import { createMarks } from '../../src/guard/group-marks.js';
import { StateKey } from '../../src/guard/state-key.js';
import { Pacer } from '../../src/integration-kit/http/pacer.js';
import type { Applied, EffectGate, Integration, SystemAccess } from '../../src/integrations/integration.js';
import { type Intent, tombstoneUntil } from '../../src/integrations/intent.js';
import { ledgerFolder } from '../../src/ledger/file-store.js';
import { createLedger } from '../../src/ledger/ledger.js';
import { createLogger } from '../../src/operations/logger.js';
import { openNetwork } from '../../src/operations/transport.js';

export const GROUP = { tenantId: 'tenant', runnerGroupId: 'group' };
export const START_SECONDS = 1_900_000_000;
/** How long after its acceptance a request may still be carried out. */
export const APPLY_WINDOW_SECONDS = 300;
const DURATION_SECONDS = 3600;

/** What is asked for. */
export interface Wish {
  readonly target: Target;
  readonly permission: string;
  /** Absent for a temporary credential. */
  readonly principal?: Principal | undefined;
}

/** A gate that lets everything through and counts. */
export class CountingGate implements EffectGate {
  effects = 0;
  check(): void {
    this.effects += 1;
  }
}

/** A runner that is killed just before its n-th effect. */
export class KillingGate extends CountingGate {
  constructor(private readonly fatal: number) {
    super();
  }
  override check(): void {
    super.check();
    if (this.effects >= this.fatal) throw new RunnerError('INTERNAL', 'killed', { retryable: true });
  }
}

/** The rest of a runner around one integration: clock, marks, log; remembers everything that leaves it. */
export class RunnerHarness<Secret, State> {
  seconds = START_SECONDS;
  #requests = 0;
  readonly #lines: string[] = [];
  readonly #left: string[] = [];
  readonly #canaries: string[] = [];

  readonly #network = openNetwork({ proxy: undefined, noProxy: undefined, extraCa: undefined });
  /** Pauses are short here: how long they should be, is the pacer's own test. */
  readonly #pacer = new Pacer(
    () => this.seconds * 1000,
    (ms, signal) => sleep(Math.min(ms, 10), undefined, { signal }),
  );

  /** Made when the ledger is first written to. */
  readonly #ledgerFolder = join(tmpdir(), `axiom-ledger-${randomUUID()}`);

  constructor(
    readonly integration: Integration<Secret, State>,
    readonly system: System,
    readonly secret: unknown,
    private readonly stateKey = new StateKey('a state key of at least 32 characters'),
  ) {}

  async stop(): Promise<void> {
    await rm(this.#ledgerFolder, { recursive: true, force: true });
  }

  access({
    secret = this.secret,
    gate = new CountingGate(),
    stateKey = this.stateKey,
    signal = new AbortController().signal,
  }: AccessOptions = {}): SystemAccess<Secret> {
    return {
      system: this.system,
      secret: this.integration.secretSchema.parse(secret),
      gate,
      signal,
      marks: createMarks(stateKey, GROUP, this.system),
      now: () => this.seconds * 1000,
      log: createLogger({ level: 'trace', write: (line) => this.#lines.push(line) }),
      network: this.#network,
      pacer: this.#pacer,
      ledger: createLedger({ store: ledgerFolder(this.#ledgerFolder), stateKey, confidential: true, group: GROUP, system: this.system }),
    };
  }

  newRequestId(): string {
    this.#requests += 1;
    return `request-${this.#requests}`;
  }

  /** Plans, as the runner does, and fixes the intent. */
  async plan(wish: Wish, options: AccessOptions & { readonly requestId?: string } = {}): Promise<Intent<State>> {
    const requestId = options.requestId ?? this.newRequestId();
    const { principal, state } = await this.#watch(this.integration.plan(this.access(options), { requestId, ...wish }));
    return {
      schemaVersion: SCHEMA_VERSION,
      requestId,
      ...GROUP,
      kind: wish.principal === undefined ? 'dispense' : 'provision',
      system: this.system,
      target: wish.target,
      permission: wish.permission,
      principal,
      plannedAt: this.seconds,
      applyUntil: this.seconds + APPLY_WINDOW_SECONDS,
      expiresAt: this.seconds + DURATION_SECONDS,
      // As it comes back from a history or a mark.
      state: this.integration.stateSchema.parse(JSON.parse(JSON.stringify(state))),
    };
  }

  async apply(intent: Intent<State>, options?: AccessOptions): Promise<Applied> {
    const applied = await this.#watch(this.integration.apply(this.access(options), intent));
    const password = applied.credential?.['password'] ?? applied.credential?.['token'];
    if (password !== undefined) this.plant(password);
    return applied;
  }

  async grant(wish: Wish, options?: AccessOptions): Promise<{ readonly intent: Intent<State>; readonly applied: Applied }> {
    const intent = await this.plan(wish, options);
    return { intent, applied: await this.apply(intent, options) };
  }

  extend(intent: Intent<State>, options?: AccessOptions) {
    return this.#watch(this.integration.extend(this.access(options), intent));
  }

  revert(intent: Intent<State>, options?: AccessOptions) {
    return this.#watch(this.integration.revert(this.access(options), intent));
  }

  verify(intent: Intent<State>, options?: AccessOptions) {
    return this.#watch(this.integration.verify(this.access(options), intent));
  }

  listMarked(options?: AccessOptions) {
    return this.#watch(this.integration.listMarked(this.access(options)));
  }

  testConnection(options?: AccessOptions) {
    return this.#watch(this.integration.testConnection(this.access(options)));
  }

  collect(cursor: string | undefined, limit: number, options?: AccessOptions) {
    return this.#watch(this.integration.collect(this.access(options), cursor, limit));
  }

  /** Reads every page. */
  async collectAll(limit: number) {
    const pages = [await this.collect(undefined, limit)];
    for (let next = pages[0]?.next; next !== undefined; next = pages.at(-1)?.next) pages.push(await this.collect(next, limit));
    return { pages, items: pages.flatMap(({ items }) => items), warnings: pages.flatMap(({ warnings }) => warnings) };
  }

  /** Keys of the records in the ledger. */
  async ledgerEntries(): Promise<string[]> {
    return (await this.access().ledger.list()).map(({ entry }) => entry);
  }

  /** Moves the clock past the time in which the intent may be carried out. */
  passApplyWindow(intent: Intent<State>): void {
    this.seconds = Math.max(this.seconds, tombstoneUntil(intent) + 1);
  }

  /** A value that must be in nothing that leaves the runner. */
  plant(canary: string): void {
    this.#canaries.push(canary);
  }

  /** Planted values that were seen in a log, an answer or an error. */
  leaks(): string[] {
    const everything = [...this.#left, ...this.#lines].join('\n');
    return this.#canaries.filter((canary) => everything.includes(canary) || everything.includes(JSON.stringify(canary).slice(1, -1)));
  }

  async #watch<Result>(work: Promise<Result>): Promise<Result> {
    try {
      const result = await work;
      this.#left.push(JSON.stringify(result, (key, value) => (key === 'credential' ? undefined : value)) ?? '');
      return result;
    } catch (error) {
      this.#left.push(describeError(error));
      throw error;
    }
  }
}

export interface AccessOptions {
  /** Fields as they stand in the secret. */
  readonly secret?: unknown;
  readonly gate?: EffectGate;
  readonly stateKey?: StateKey;
  readonly signal?: AbortSignal;
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = JSON.stringify(Object.fromEntries(Object.getOwnPropertyNames(error).map((name) => [name, String(Reflect.get(error, name))])));
  return `${error.name} ${error.message} ${error.stack} ${own} ${error.cause === undefined ? '' : describeError(error.cause)}`;
}
