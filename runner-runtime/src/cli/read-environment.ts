import { readFileSync } from 'node:fs';
import { parseEnvFile } from '../config/env-file.js';
import { SettingsError } from '../config/settings.js';

/** Variables by their names. */
export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The variables of an env file, and those of the process environment, which win.
 * @param envFile none when absent
 * @throws {SettingsError} for a file that cannot be read or parsed
 */
export function readEnvironment(envFile: string | undefined): { readonly file: Variables; readonly all: Variables } {
  if (envFile === undefined) return { file: {}, all: process.env };
  let text: string;
  try {
    text = readFileSync(envFile, 'utf8');
  } catch (error) {
    throw new SettingsError([
      {
        variable: '--env-file',
        found: `${envFile} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`,
        mend: 'Give the path of a readable file.',
      },
    ]);
  }
  const { variables, faultyLines } = parseEnvFile(text);
  if (faultyLines.length > 0) {
    throw new SettingsError([
      {
        variable: '--env-file',
        found: `${envFile} is not NAME=value in line ${faultyLines.join(', ')}`,
        mend: 'Write one NAME=value a line; comments start with #.',
      },
    ]);
  }
  return { file: variables, all: { ...variables, ...process.env } };
}
