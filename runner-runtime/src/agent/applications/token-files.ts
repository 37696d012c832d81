import { rm } from 'node:fs/promises';
import { SettingsError } from '../../config/settings.js';
import { readPrivateFile, writePrivateFile } from '../../operations/private-file.js';
import type { ApplicationSettings } from '../config/agent-settings.js';
import { newToken } from './token.js';

/** A token of this start of the agent, in a file of its application. */
export interface WrittenToken {
  readonly application: string;
  readonly token: string;
  readonly path: string;
}

/**
 * Writes a fresh token for each application that has a `token_file`. A link in its place is replaced, never followed.
 * @throws {SettingsError} when one cannot be written; then none of them stays
 */
export async function writeTokenFiles(applications: Readonly<Record<string, ApplicationSettings>>): Promise<WrittenToken[]> {
  const written: WrittenToken[] = [];
  for (const [application, { token_file: path, token_file_mode: mode }] of Object.entries(applications)) {
    if (path === undefined) continue;
    const token = newToken();
    try {
      await writePrivateFile(path, `${token}\n`, { mode });
    } catch (error) {
      await removeTokenFiles(written);
      throw new SettingsError([
        {
          variable: `applications.${application}.token_file`,
          found: `${path} cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`,
          mend: 'Make its folder, and let the agent write there.',
        },
      ]);
    }
    written.push({ application, token, path });
  }
  return written;
}

/** Removes them, but for a file that another agent has written meanwhile. */
export async function removeTokenFiles(written: readonly WrittenToken[]): Promise<void> {
  for (const { path, token } of written) {
    const found = await readPrivateFile(path, { forbiddenMode: 0 }).catch(() => undefined);
    if (found === `${token}\n`) await rm(path, { force: true }).catch(() => undefined);
  }
}
