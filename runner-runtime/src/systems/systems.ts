import { type System, systemName } from '@axiom-runner/protocol';
import { SECRET_TYPES } from '../../../contract/secrets.js';
import { RunnerError } from '../errors.js';
import { createMarks, type Group } from '../guard/group-marks.js';
import type { Redactor } from '../guard/redaction.js';
import type { StateKey } from '../guard/state-key.js';
import { Pacer } from '../integration-kit/http/pacer.js';
import { type AnyIntegration, loadIntegration } from '../integrations/catalogue.js';
import type { EffectGate, SystemAccess } from '../integrations/integration.js';
import type { Intent } from '../integrations/intent.js';
import type { Ledger } from '../integrations/ledger.js';
import type { Logger } from '../operations/logger.js';
import type { Network } from '../operations/transport.js';
import { parseIntegrationSecret, secretName } from '../secrets/integration-secret.js';
import type { SecretStore } from '../secrets/secret-store.js';

/** What opening a system needs. */
export interface SystemsOptions {
  readonly group: Group;
  readonly stateKey: StateKey;
  readonly store: SecretStore;
  readonly redactor: Redactor;
  readonly log: Logger;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** The ways out of the runner. */
  readonly network: Network;
  /** Opens the ledger of one system. */
  readonly ledgerOf: (system: System) => Ledger;
  /** Told of every secret that could not be used, for metrics. */
  readonly onSecretError?: (error: RunnerError) => void;
}

/** One use of a system. */
export type Use<T> = (integration: AnyIntegration, access: SystemAccess<unknown>) => Promise<T>;

/** One use of a system for an access. */
export type UseOfIntent<T> = (integration: AnyIntegration, access: SystemAccess<unknown>, intent: Intent) => Promise<T>;

/** Opens internal systems with their secrets, and remembers which were opened: the reaper watches those. */
export class Systems {
  readonly #seen = new Map<string, System>();
  readonly #pacers = new Map<string, Pacer>();

  constructor(private readonly options: SystemsOptions) {}

  /** Systems to watch: those named from the start and those opened since. */
  get known(): readonly System[] {
    return [...this.#seen.values()];
  }

  /** Adds a system to the watched ones. */
  watch(system: System): void {
    this.#seen.set(systemName(system), system);
  }

  /**
   * Fetches the secret, runs `use`, and forgets the secret. When the system refuses the credentials, the secret is fetched once more:
   * it may have been rotated in between.
   */
  async open<T>(system: System, gate: EffectGate, signal: AbortSignal, use: Use<T>): Promise<T> {
    const integration = await loadIntegration(system.type);
    const text = await this.#readSecret(system);
    // Only now: a name without a secret costs nobody anything later.
    this.watch(system);
    try {
      return await this.#useWith(text, integration, system, gate, signal, use);
    } catch (error) {
      if (!(error instanceof RunnerError && error.code === 'TARGET_AUTH_FAILED')) throw error;
      const again = await this.#readSecret(system);
      if (again === text) throw error;
      return await this.#useWith(again, integration, system, gate, signal, use);
    }
  }

  /** Opens the system of an intent, whose state is validated first: another version of the runner may have written it. */
  openFor<T>(intent: Intent, gate: EffectGate, signal: AbortSignal, use: UseOfIntent<T>): Promise<T> {
    return this.open(intent.system, gate, signal, (integration, access) =>
      use(integration, access, { ...intent, state: integration.stateSchema.parse(intent.state) }),
    );
  }

  /** All tasks on a system keep to its limits together. */
  #pacerOf(system: System): Pacer {
    const name = systemName(system);
    const pacer = this.#pacers.get(name) ?? new Pacer(this.options.now);
    this.#pacers.set(name, pacer);
    return pacer;
  }

  async #readSecret(system: System): Promise<string> {
    try {
      return (await this.options.store.read(secretName(system))).current;
    } catch (error) {
      if (error instanceof RunnerError) this.options.onSecretError?.(error);
      throw error;
    }
  }

  async #useWith<T>(
    text: string,
    integration: AnyIntegration,
    system: System,
    gate: EffectGate,
    signal: AbortSignal,
    use: Use<T>,
  ): Promise<T> {
    const { group, stateKey, redactor, log, now, network, ledgerOf } = this.options;
    const release = redactor.hold(secretValues(text, system.type));
    try {
      const secret = parseIntegrationSecret(text, system, integration.secretSchema);
      return await use(integration, {
        system,
        secret,
        gate,
        signal,
        marks: createMarks(stateKey, group, system),
        ledger: ledgerOf(system),
        network,
        pacer: this.#pacerOf(system),
        now,
        log,
      });
    } catch (error) {
      if (error instanceof RunnerError && error.code === 'SECRET_MALFORMED') this.options.onSecretError?.(error);
      throw error;
    } finally {
      release();
    }
  }
}

/** The values of a secret that must not show up anywhere: those that the catalogue calls secret, or all of it when it is no JSON. */
function secretValues(text: string, type: string): string[] {
  try {
    const object = JSON.parse(text) as Record<string, unknown>;
    const fields = SECRET_TYPES.find((entry) => entry.type === type)?.fields ?? [];
    return fields.flatMap(({ name, secret }) => (secret === true && object[name] !== undefined ? [String(object[name])] : []));
  } catch {
    return [text];
  }
}
