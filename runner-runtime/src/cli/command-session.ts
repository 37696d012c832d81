import { readFileSync } from 'node:fs';
import { type System, systemSchema } from '@axiom-runner/protocol';
import { SECRET_TYPES } from '../../../contract/secrets.js';
import { parseEnvFile } from '../config/env-file.js';
import { loadSettings } from '../config/load-settings.js';
import { type Settings, SettingsError } from '../config/settings.js';
import { redactorFor } from '../guard/redaction.js';
import { createLogger, type Logger } from '../operations/logger.js';
import { openGate } from '../systems/open-gate.js';
import type { Use } from '../systems/systems.js';
import { createWorkContext, type WorkContext } from '../tasks/work-context.js';
import type { Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';

/**
 * Settings from the process environment and an env file, which yields to it. AWS variables of the file are handed to the SDK's own chain;
 * nothing else of it touches this process.
 * @throws {SettingsError} also for a file that cannot be read or parsed
 */
export function readSettings(envFile: string | undefined): Settings {
  const readFile = (path: string) => readFileSync(path, 'utf8');
  if (envFile === undefined) return loadSettings(process.env, readFile);
  let text: string;
  try {
    text = readFile(envFile);
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
  for (const [name, value] of Object.entries(variables)) {
    if (name.startsWith('AWS_') && process.env[name] === undefined) process.env[name] = value;
  }
  return loadSettings({ ...variables, ...process.env }, readFile);
}

/** What a command that works on a system needs. */
export interface CommandSession extends WorkContext {
  readonly log: Logger;
  /** Works on a system until it is done; nobody hands a command's work to anybody else. */
  use<T>(system: System, use: Use<T>): Promise<T>;
}

/** Opens a session whose log goes to standard error: warnings and errors only, because answers are the command's own. */
export async function openSession(envFile: string | undefined, terminal: Terminal): Promise<CommandSession> {
  const settings = readSettings(envFile);
  const redactor = redactorFor(settings);
  const log = createLogger({ level: 'warn', redact: redactor.redact, write: terminal.err });
  const context = await createWorkContext(settings, { log, redactor });
  const { signal } = new AbortController();
  return { ...context, log, use: (system, use) => context.systems.open(system, openGate(signal), signal, use) };
}

/** @throws {UsageError} for what is no `<type>/<id>` */
export function parseSystem(text: string): System {
  const slash = text.indexOf('/');
  const parsed = systemSchema.safeParse({ type: text.slice(0, Math.max(0, slash)), id: text.slice(slash + 1) });
  if (parsed.success) return parsed.data;
  throw new UsageError(
    `"${text}" is no system: write <type>/<id>, as in the name of its secret behind axiom-security/. Types: ${SECRET_TYPES.map(({ type }) => type).join(', ')}.`,
  );
}
