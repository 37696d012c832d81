import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RunnerError } from '../../errors.js';
import { PrivateFileError, privateFolder, readPrivateFile, writePrivateFile } from '../../operations/private-file.js';
import { type Identity, identitySchema } from './identity.js';
import { type IdentityCipher, isSealed } from './kms-cipher.js';

/** Where the identity of the agent is kept. */
export interface IdentityStore {
  /** Path of the file. */
  readonly path: string;
  /** Given by the service manager (`LoadCredential=`): read only. */
  readonly isGiven: boolean;
  /** @throws {RunnerError} `SECRET_ACCESS_DENIED`, `SECRET_MALFORMED`, `SECRET_STORE_UNAVAILABLE` (its key) */
  read(): Promise<Identity | undefined>;
  /** Finds out whether an identity could be written and read again, before a one-time token is spent. @throws {RunnerError} as {@link write} does */
  prepare(): Promise<void>;
  /** Writes it as a whole, mode 0600: a failure leaves what was there. @throws {RunnerError} as {@link read} does, and where {@link isGiven} */
  write(identity: Identity): Promise<void>;
  /** @returns whether there was one. @throws {RunnerError} where {@link isGiven} */
  remove(): Promise<boolean>;
}

/** How the store is opened. */
export interface IdentityStoreOptions {
  /** State folder of the agent. */
  readonly folder: string;
  /** Encrypts it with a key of KMS. @default its mode alone protects it */
  readonly cipher?: IdentityCipher | undefined;
  /** `$CREDENTIALS_DIRECTORY`: https://systemd.io/CREDENTIALS/ */
  readonly credentialsDirectory?: string | undefined;
}

const STATE_FILE = 'identity.json';
const CREDENTIAL = 'identity';
/** systemd opens credentials to the unit's user by an access list, whose mask stands where the group's bits are. */
const CREDENTIAL_FORBIDDEN_MODE = 0o027;

/** Looks once whether the service manager gives an identity; otherwise it lives in the state folder. */
export async function openIdentityStore({ folder, cipher, credentialsDirectory }: IdentityStoreOptions): Promise<IdentityStore> {
  const given = credentialsDirectory === undefined || credentialsDirectory === '' ? undefined : join(credentialsDirectory, CREDENTIAL);
  const isGiven = given !== undefined && (await textOf(given, CREDENTIAL_FORBIDDEN_MODE)) !== undefined;
  const path = isGiven ? given : join(folder, STATE_FILE);
  const mayChange = () => {
    if (!isGiven) return;
    throw new RunnerError('SECRET_ACCESS_DENIED', 'The identity is given by the service manager and cannot be changed here.', {
      object: path,
      mend: 'Run the command outside the unit, then give the unit the new identity (LoadCredential or LoadCredentialEncrypted).',
    });
  };
  return {
    path,
    isGiven,
    read: async () => {
      const text = await textOf(path, isGiven ? CREDENTIAL_FORBIDDEN_MODE : undefined);
      return text === undefined ? undefined : parse(await opened(text, cipher, path), path);
    },
    prepare: async () => {
      mayChange();
      await changing(folder, () => privateFolder(folder));
      if (cipher !== undefined) await cipher.open(await cipher.seal('{}'), path);
    },
    write: async (identity) => {
      mayChange();
      const text = JSON.stringify(identity);
      const kept = cipher === undefined ? text : await cipher.seal(text);
      await changing(folder, async () => {
        await privateFolder(folder);
        await writePrivateFile(path, kept);
      });
    },
    remove: async () => {
      mayChange();
      return changing(folder, () =>
        rm(path).then(
          () => true,
          (error: NodeJS.ErrnoException) => {
            if (error.code === 'ENOENT') return false;
            throw error;
          },
        ),
      );
    },
  };
}

async function changing<T>(folder: string, change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    const { code, mend } = error as { readonly code?: string; readonly mend?: string };
    throw new RunnerError('SECRET_ACCESS_DENIED', `The state folder of the agent cannot be used (${code ?? 'not its own'}).`, {
      object: folder,
      mend: mend ?? 'Let this user write it, free the disk, or set "state" to another folder.',
    });
  }
}

async function textOf(path: string, forbiddenMode?: number): Promise<string | undefined> {
  try {
    return await readPrivateFile(path, forbiddenMode === undefined ? {} : { forbiddenMode });
  } catch (error) {
    if (!(error instanceof PrivateFileError)) throw error;
    if (error.reason === 'missing') return undefined;
    throw new RunnerError('SECRET_ACCESS_DENIED', `The identity of the agent is not taken: its file is refused (${error.reason}).`, {
      object: path,
      mend: error.mend,
    });
  }
}

/** What is kept otherwise than the settings say was put there by somebody else, or before they changed. */
async function opened(text: string, cipher: IdentityCipher | undefined, path: string): Promise<string> {
  if (isSealed(text) && cipher === undefined) {
    throw new RunnerError('SECRET_MALFORMED', 'The identity of the agent is encrypted, and no key is set.', {
      object: path,
      mend: 'Set identity.kms_key_id, or pair again.',
    });
  }
  if (cipher === undefined) return text;
  if (isSealed(text)) return cipher.open(text, path);
  throw new RunnerError('SECRET_MALFORMED', 'The identity of the agent is not encrypted, though identity.kms_key_id is set.', {
    object: path,
    mend: 'Pair again: axiomrunner agent pair.',
  });
}

function parse(text: string, path: string): Identity {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    raw = undefined;
  }
  const { data } = identitySchema.safeParse(raw);
  if (data !== undefined) return data;
  throw new RunnerError('SECRET_MALFORMED', 'The identity of the agent is damaged.', {
    object: path,
    mend: 'Pair again: axiomrunner agent pair.',
  });
}
