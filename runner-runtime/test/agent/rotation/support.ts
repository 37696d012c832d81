import { EventEmitter, once } from 'node:events';
import type { HookSettings } from '../../../src/agent/config/agent-settings.js';
import { Problem } from '../../../src/agent/problem.js';
import type { Refreshed, RotationTarget } from '../../../src/agent/rotation/rotation-target.js';
import type { VaultSecret } from '../../../src/agent/vaults/vault.js';
import type { AuditEvent, Recorded } from '../../../src/audit/trail/audit-trail.js';
import type { Logger } from '../../../src/operations/logger.js';
import { KeptTrail } from '../support/kept-trail.js';

export const NETWORK = { proxy: undefined, noProxy: undefined, extraCa: undefined };

/** A value that no log and no record may show. */
export const canary = (version: string) => `canary-${version}-Zq8'"\\{{password}}`;

export const aSecret = (version: string, more: Partial<VaultSecret> = {}): VaultSecret => ({
  username: 'app',
  password: canary(version),
  version,
  ...more,
});

export const aHook = (more: Partial<HookSettings> & { secrets?: string[] }): HookSettings => ({ name: 'web', secrets: ['db'], ...more });

export const aFile = (path: string, more: Partial<NonNullable<HookSettings['file']>> = {}): NonNullable<HookSettings['file']> => ({
  path,
  template: '{{password}}',
  mode: 0o600,
  ...more,
});

/** A trail in memory that can be waited for. */
export class MemoryTrail extends KeptTrail {
  readonly #recorded = new EventEmitter();

  override append(event: AuditEvent, recorded: Recorded): void {
    super.append(event, (failure) => {
      recorded(failure);
      this.#recorded.emit('record');
    });
  }

  /** One line each: `rotate db v2 ok`. */
  get lines(): string[] {
    return this.events.map(({ action, application, secret, version, outcome }) =>
      [action, application, secret, version, outcome].filter((part) => part !== undefined).join(' '),
    );
  }

  async until(line: string): Promise<void> {
    while (!this.lines.includes(line)) await once(this.#recorded, 'record');
  }
}

/** Keeps what is logged. */
export class MemoryLog extends EventEmitter implements Logger {
  readonly lines: string[] = [];
  readonly #write = (message: string, fields: object = {}) => {
    this.lines.push(`${message} ${JSON.stringify(fields)}`);
    this.emit('line');
  };
  readonly trace = this.#write;
  readonly debug = this.#write;
  readonly info = this.#write;
  readonly warn = this.#write;
  readonly error = this.#write;

  get text(): string {
    return this.lines.join('\n');
  }

  async until(part: string): Promise<void> {
    while (!this.text.includes(part)) await once(this, 'line');
  }
}

/** Secrets that are held in memory and rotated by the test. */
export class MemoryTarget implements RotationTarget {
  readonly vault = new Map<string, VaultSecret>();
  readonly held = new Map<string, VaultSecret>();
  readonly refreshed: string[] = [];
  tellsVersions = true;
  /** Waited for in every refresh, after the vault was asked. */
  gate: Promise<void> = Promise.resolve();

  constructor(secrets: Readonly<Record<string, VaultSecret>> = {}) {
    for (const [id, secret] of Object.entries(secrets)) this.vault.set(id, secret);
  }

  known(): readonly string[] {
    return [...this.vault.keys()];
  }

  async refresh(id: string): Promise<Refreshed> {
    this.refreshed.push(id);
    const after = this.vault.get(id);
    await this.gate;
    if (after === undefined) throw new Problem('SECRET_NOT_FOUND');
    const before = this.held.get(id);
    this.held.set(id, after);
    return { changed: before?.version !== after.version, before, after };
  }

  forget(id: string): void {
    this.held.delete(id);
  }

  async versionOf(id: string): Promise<string | undefined> {
    return this.tellsVersions ? this.vault.get(id)?.version : undefined;
  }

  heldVersion(id: string): string | undefined {
    return this.held.get(id)?.version;
  }
}

/** A promise that a test settles. */
export function aGate(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open: () => open() };
}
