import { readFileSync } from 'node:fs';
import { type System, systemSchema } from '@axiom-runner/protocol';
import { SECRET_TYPES } from '../../../contract/secrets.js';
import { loadSettings } from '../config/load-settings.js';
import type { Settings } from '../config/settings.js';
import { redactorFor } from '../guard/redaction.js';
import { createLogger, type Logger } from '../operations/logger.js';
import { openGate } from '../systems/open-gate.js';
import type { Use } from '../systems/systems.js';
import { createWorkContext, type WorkContext } from '../tasks/work-context.js';
import { readEnvironment } from './read-environment.js';
import type { Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';

/**
 * Settings from the process environment and an env file, which yields to it. AWS variables of the file are handed to the SDK's own chain;
 * nothing else of it touches this process.
 * @throws {SettingsError} also for a file that cannot be read or parsed
 */
export function readSettings(envFile: string | undefined): Settings {
  const { file, all } = readEnvironment(envFile);
  for (const [name, value] of Object.entries(file)) {
    if (name.startsWith('AWS_') && process.env[name] === undefined) process.env[name] = value;
  }
  return loadSettings(all, (path) => readFileSync(path, 'utf8'));
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
