import { timingSafeEqual } from 'node:crypto';
import { SettingsError } from '../../config/settings.js';
import type { Logger } from '../../operations/logger.js';
import type { ApplicationSettings } from '../config/agent-settings.js';
import { allowList } from './allow-list.js';
import type { Application, Applications } from './application.js';
import { applicationsFile, readApplications, type StoredApplication } from './application-store.js';
import { FileWatch } from './file-watch.js';
import { TOKEN_MAX_LENGTH, tokenDigest } from './token.js';
import { removeTokenFiles, type WrittenToken, writeTokenFiles } from './token-files.js';

/** What {@link LiveApplications.open} needs. */
export interface LiveApplicationsOptions {
  /** Those of the configuration; they win over applications of the same name in the state folder. */
  readonly configured: Readonly<Record<string, ApplicationSettings>>;
  readonly stateFolder: string;
  readonly log: Logger;
  /** Unix milliseconds. @default the clock */
  readonly now?: () => number;
}

interface Credential {
  readonly application: Application;
  readonly digest: Buffer;
  /** Unix milliseconds; `Infinity` for no end. */
  readonly validUntil: number;
}

const NOBODY: Credential = { application: { name: '', allows: () => false }, digest: Buffer.alloc(32), validUntil: 0 };

/**
 * The applications of a running agent: those of its configuration, and those of its state folder as they are at this moment. While the file
 * of the latter cannot be read, none of their tokens is good.
 */
export class LiveApplications implements Applications {
  private byDigest = new Map<string, Credential>();
  private stored = new Map<string, Application>();
  private readonly configured: ReadonlyMap<string, Application>;
  private readonly listeners = new Set<(name: string) => void>();
  /** Digest of the presented token: one for all calls, which never overlap. */
  private readonly presented = Buffer.alloc(32);
  private readonly now: () => number;
  private watch: FileWatch | undefined;
  /** Last reason why the file could not be read, so that it is logged once. */
  private complaint = '';

  private constructor(
    private readonly options: LiveApplicationsOptions,
    private readonly written: readonly WrittenToken[],
  ) {
    this.now = options.now ?? Date.now;
    this.configured = new Map(Object.entries(options.configured).map(([name, { allow }]) => [name, { name, allows: allowList(allow) }]));
  }

  /**
   * Writes the token files, reads the state folder, and keeps an eye on it.
   * @throws {SettingsError} when a token file cannot be written
   */
  static async open(options: LiveApplicationsOptions): Promise<LiveApplications> {
    const applications = new LiveApplications(options, await writeTokenFiles(options.configured));
    applications.watch = new FileWatch(applicationsFile(options.stateFolder), () => applications.read());
    await applications.watch.check();
    return applications;
  }

  authenticate(token: string): Application | undefined {
    if (token.length === 0 || token.length > TOKEN_MAX_LENGTH) return undefined;
    const hex = tokenDigest(token);
    this.presented.write(hex, 'hex');
    // A digest tells nothing of a token, so finding it by a table gives nothing away; a wrong token does the same work as a right one.
    const credential = this.byDigest.get(hex) ?? NOBODY;
    const matches = timingSafeEqual(this.presented, credential.digest);
    return matches && this.now() < credential.validUntil ? credential.application : undefined;
  }

  named(name: string): Application | undefined {
    return this.configured.get(name) ?? this.stored.get(name);
  }

  /** Calls a listener with the name of each application that was removed. @param listener must not throw. @returns what ends that */
  onGone(listener: (name: string) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Reads the state folder now, if it changed. Resolves when this is in force. */
  async reload(): Promise<void> {
    await this.watch?.check();
  }

  /** Stops looking at the state folder and removes the token files. */
  async close(): Promise<void> {
    await this.watch?.close();
    this.byDigest.clear();
    await removeTokenFiles(this.written);
  }

  /** @returns whether the file could be read; if not, it is tried again */
  private async read(): Promise<boolean> {
    let all: StoredApplication[];
    try {
      all = await readApplications(this.options.stateFolder);
    } catch (error) {
      this.byDigest = this.ofConfiguration();
      // A settings error names files and no value; of anything else the text is not known.
      const reason = error instanceof SettingsError ? error.message : 'unexpected fault';
      if (reason !== this.complaint) {
        this.options.log.error('the applications of the state folder cannot be read: none of their tokens is good', { reason });
      }
      this.complaint = reason;
      return false;
    }
    this.complaint = '';
    const before = this.stored;
    this.take(all);
    for (const name of before.keys()) {
      if (!this.stored.has(name)) for (const listener of this.listeners) listener(name);
    }
    return true;
  }

  /** Puts what the file says in force, as a whole. */
  private take(all: readonly StoredApplication[]): void {
    const stored = new Map<string, Application>();
    const credentials = this.ofConfiguration();
    for (const { name, allow, tokens } of all) {
      if (this.configured.has(name)) {
        this.options.log.warn('an application is in the configuration and in the state folder: the configuration counts', {
          application: name,
        });
        continue;
      }
      const application = { name, allows: allowList(allow) };
      stored.set(name, application);
      for (const { sha256, validUntil } of tokens) {
        const end = validUntil === undefined ? Number.POSITIVE_INFINITY : Date.parse(validUntil);
        // Whose token it is already, it stays.
        if (!credentials.has(sha256)) credentials.set(sha256, credentialOf(application, sha256, end));
      }
    }
    this.stored = stored;
    this.byDigest = credentials;
  }

  private ofConfiguration(): Map<string, Credential> {
    const digests = [
      ...Object.entries(this.options.configured).map(([name, { token_sha256: sha256 }]) => ({ name, sha256 })),
      ...this.written.map(({ application, token }) => ({ name: application, sha256: tokenDigest(token) })),
    ];
    const credentials = new Map<string, Credential>();
    for (const { name, sha256 } of digests) {
      const application = this.configured.get(name);
      if (application !== undefined && sha256 !== undefined)
        credentials.set(sha256, credentialOf(application, sha256, Number.POSITIVE_INFINITY));
    }
    return credentials;
  }
}

function credentialOf(application: Application, sha256: string, validUntil: number): Credential {
  return { application, digest: Buffer.from(sha256, 'hex'), validUntil };
}
