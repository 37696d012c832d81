import { join } from 'node:path';
import { z } from 'zod';
import { SettingsError } from '../../config/settings.js';
import { RunnerError } from '../../errors.js';
import { PrivateFileError, privateFolder, readPrivateFile, writePrivateFile } from '../../operations/private-file.js';
import { applicationName, secretPattern } from '../config/agent-settings.js';
import { allowList } from './allow-list.js';
import { withLock } from './store-lock.js';

/** Some hundred thousand applications. */
const MAX_BYTES = 67_108_864;

const tokenSchema = z.strictObject({
  /** SHA-256, hexadecimal. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** RFC 3339, UTC. */
  createdAt: z.iso.datetime(),
  /** Until when an old token stays good beside its successor, RFC 3339, UTC. */
  validUntil: z.iso.datetime().optional(),
});
const applicationSchema = z.strictObject({
  name: applicationName,
  allow: z.array(secretPattern),
  tokens: z.array(tokenSchema),
});
const storeSchema = z.strictObject({ version: z.literal(1), applications: z.array(applicationSchema) });

/** An application as the state folder keeps it: no token, only its digest. */
export type StoredApplication = z.infer<typeof applicationSchema>;

/** File of the applications in a state folder. */
export function applicationsFile(stateFolder: string): string {
  return join(stateFolder, 'applications.json');
}

/**
 * Reads the applications of a state folder; none where there is no file yet.
 * @throws {SettingsError} for a file that is open to others, of somebody else, or malformed
 */
export async function readApplications(stateFolder: string): Promise<StoredApplication[]> {
  const path = applicationsFile(stateFolder);
  let text: string;
  try {
    text = await readPrivateFile(path, { maxBytes: MAX_BYTES });
  } catch (error) {
    if (error instanceof PrivateFileError && error.reason === 'missing') return [];
    throw asSettingsError(error);
  }
  const applications = parse(text);
  if (applications === undefined || new Set(applications.map(({ name }) => name)).size < applications.length) {
    throw new SettingsError([
      {
        variable: path,
        found: 'is not what "agent app" wrote',
        mend: 'Bring it back from a backup, or remove it and add the applications anew.',
      },
    ]);
  }
  return applications;
}

/**
 * The applications that `agent app` keeps in the state folder. Commands at the same time wait for each other; the agent reads what they wrote
 * by itself.
 * @see readApplications for the errors of each method
 */
export class ApplicationStore {
  /** @param configured names that the configuration has already: they are changed there */
  constructor(
    private readonly stateFolder: string,
    private readonly configured: ReadonlySet<string> = new Set(),
    private readonly now: () => number = Date.now,
  ) {}

  /** All of them, by name. */
  async list(): Promise<StoredApplication[]> {
    return (await readApplications(this.stateFolder)).toSorted((one, other) => (one.name < other.name ? -1 : 1));
  }

  /** Adds an application. @param sha256 digest of its token. @throws {RunnerError} `CONFLICT` when there is one of this name */
  add(name: string, allow: readonly string[], sha256: string): Promise<StoredApplication> {
    const added: StoredApplication = { name, allow: unique(allow), tokens: [this.token(sha256)] };
    return this.change(name, (known) => {
      if (known !== undefined) {
        throw new RunnerError('CONFLICT', `There is an application "${name}" already.`, {
          object: name,
          mend: 'Give it another token with "rotate", or choose another name.',
        });
      }
      return added;
    });
  }

  /** Lets an application have more secrets. @throws {RunnerError} `PRINCIPAL_NOT_FOUND` */
  allow(name: string, patterns: readonly string[]): Promise<StoredApplication> {
    return this.change(name, (known) => ({ ...existing(known, name), allow: unique([...existing(known, name).allow, ...patterns]) }));
  }

  /**
   * Takes secrets away from an application: the named ids and patterns, and what lies below them.
   * @throws {RunnerError} `PRINCIPAL_NOT_FOUND`; `CONFLICT` when a broader pattern would allow one of them still
   */
  deny(name: string, patterns: readonly string[]): Promise<StoredApplication> {
    const denied = allowList(patterns);
    return this.change(name, (known) => {
      const application = existing(known, name);
      const allow = application.allow.filter((pattern) => !denied(pattern));
      const still = patterns.find(allowList(allow));
      if (still !== undefined) {
        throw new RunnerError('CONFLICT', `"${still}" would still be allowed by a broader pattern: nothing was changed.`, {
          object: name,
          mend: 'Deny the broader pattern, and allow one by one what the application shall keep.',
        });
      }
      return { ...application, allow };
    });
  }

  /**
   * Gives an application another token.
   * @param overlapSeconds how long the old token stays good; 0: not at all
   * @throws {RunnerError} `PRINCIPAL_NOT_FOUND`
   */
  rotate(name: string, sha256: string, overlapSeconds = 0): Promise<StoredApplication> {
    return this.change(name, (known) => {
      const now = this.now();
      const end = new Date(now + overlapSeconds * 1_000).toISOString();
      const old = existing(known, name).tokens.map((token) => ({
        ...token,
        validUntil: token.validUntil !== undefined && token.validUntil < end ? token.validUntil : end,
      }));
      return { ...existing(known, name), tokens: [...old.filter(({ validUntil }) => Date.parse(validUntil) > now), this.token(sha256)] };
    });
  }

  /** Removes an application; its tokens are refused from then on. @throws {RunnerError} `PRINCIPAL_NOT_FOUND` */
  async revoke(name: string): Promise<void> {
    await this.change(name, (known) => {
      existing(known, name);
      return undefined;
    });
  }

  private token(sha256: string): StoredApplication['tokens'][number] {
    return { sha256, createdAt: new Date(this.now()).toISOString() };
  }

  /** @param apply the application as it is to what it shall be; `undefined` for none */
  private async change<Next extends StoredApplication | undefined>(
    name: string,
    apply: (known: StoredApplication | undefined) => Next,
  ): Promise<Next> {
    if (this.configured.has(name)) {
      throw new RunnerError('CONFLICT', `The application "${name}" is of the configuration.`, {
        object: name,
        mend: 'Change it there, under "applications", and restart the agent.',
      });
    }
    try {
      const path = applicationsFile(await privateFolder(this.stateFolder));
      return await withLock(`${path}.lock`, async () => {
        const all = await readApplications(this.stateFolder);
        const changed = apply(all.find((application) => application.name === name));
        const others = all.filter((application) => application.name !== name);
        const applications = changed === undefined ? others : [...others, changed];
        // What could not be read back must not be written.
        await writePrivateFile(path, `${JSON.stringify(storeSchema.parse({ version: 1, applications }), undefined, 2)}\n`);
        return changed;
      });
    } catch (error) {
      throw asSettingsError(error);
    }
  }
}

function existing(known: StoredApplication | undefined, name: string): StoredApplication {
  if (known !== undefined) return known;
  throw new RunnerError('PRINCIPAL_NOT_FOUND', `There is no application "${name}".`, {
    object: name,
    mend: '"agent app list" shows all; "agent app add" makes one.',
  });
}

function parse(text: string): StoredApplication[] | undefined {
  try {
    return storeSchema.safeParse(JSON.parse(text)).data?.applications;
  } catch {
    return undefined;
  }
}

function unique(patterns: readonly string[]): string[] {
  return [...new Set(patterns)];
}

/** Faults of the file system, as somebody can mend them; everything else as it is. */
function asSettingsError(error: unknown): unknown {
  if (error instanceof PrivateFileError) {
    return new SettingsError([{ variable: error.path, found: `is refused (${error.reason})`, mend: error.mend }]);
  }
  if (error instanceof RunnerError || error instanceof SettingsError) return error;
  const { code, path = 'the state folder' } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  return new SettingsError([
    {
      variable: path,
      found: `cannot be used (${code})`,
      mend: "Run the command as the owner of the agent's state folder, with room on its disk.",
    },
  ]);
}
