import type { Vault, VaultRequest, VaultSecret } from '../../../src/agent/vaults/vault.js';
import { RunnerError } from '../../../src/errors.js';

/** A vault that holds what a test puts into it, and answers when the test lets it. */
export class ScriptedVault implements Vault {
  readonly name = 'scripted';
  readonly asked: VaultRequest[] = [];
  readonly #secrets = new Map<string, VaultSecret>();
  #failure: RunnerError | undefined;
  #gate: Promise<void> = Promise.resolve();
  #open: () => void = () => undefined;

  constructor(readonly perApplication = false) {}

  put(id: string, password: string, version = `v-${password}`, expiresAt?: number): void {
    this.#secrets.set(id, { username: 'user', password, version, expiresAt });
  }

  delete(id: string): void {
    this.#secrets.delete(id);
  }

  /** Every question fails like this until `heal`. */
  fail(code: ConstructorParameters<typeof RunnerError>[0]): void {
    this.#failure = new RunnerError(code, 'as the test wants it');
  }

  heal(): void {
    this.#failure = undefined;
  }

  /** Questions wait from now on; each has read its value already. */
  hold(): void {
    this.#gate = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  release(): void {
    this.#open();
  }

  async fetch(request: VaultRequest): Promise<VaultSecret> {
    this.asked.push(request);
    const [secret, failure] = [this.#secrets.get(request.id), this.#failure];
    await this.#gate;
    if (failure !== undefined) throw failure;
    if (secret === undefined) throw new RunnerError('SECRET_NOT_FOUND', 'there is none');
    return secret;
  }

  async test(): Promise<string> {
    return 'as nobody';
  }

  async close(): Promise<void> {}
}
