import { Redactor } from '../../../guard/redaction.js';
import type { Logger } from '../../../operations/logger.js';
import type { HookSettings } from '../../config/agent-settings.js';
import type { VaultSecret } from '../../vaults/vault.js';
import { type Captured, runProgram } from './child.js';
import { HookFailure } from './hook-failure.js';
import { timeOf } from './template.js';

type CommandSettings = NonNullable<HookSettings['command']>;

/** Shorter passwords cannot be told from other text, and the output of their commands is not logged. */
const SHORTEST_REDACTABLE = 4;

/**
 * Runs a command without a shell, with the secret in its environment and nowhere else. What it prints goes into the log at level debug, without
 * the secret.
 * @throws {HookFailure} `COMMAND_TIMEOUT`, `COMMAND_FAILED`
 */
export async function runCommand(
  { run, timeout }: CommandSettings,
  id: string,
  secret: VaultSecret,
  { log, signal }: { readonly log: Logger; readonly signal: AbortSignal },
): Promise<void> {
  const variables = {
    SECRET_ID: id,
    SECRET_USERNAME: secret.username,
    SECRET_PASSWORD: secret.password,
    SECRET_EXPIRES_AT: timeOf(secret.expiresAt),
  };
  const command = run[0] ?? '';
  if (Object.values(variables).some((value) => value.includes('\0'))) {
    throw new HookFailure('COMMAND_FAILED', 'The secret holds a NUL, which no variable can.', 'Let the command read a file instead.');
  }
  const { status, killed, output } = await runProgram({ run, variables, timeoutMs: timeout * 1000, signal });
  const [stdout, stderr] = output.map((captured) => clean(captured, secret.password));
  log.debug('a command of a hook has ended', { command, status, stdout, stderr });
  if (killed) {
    const why = signal.aborted ? 'was ended because the agent stops' : `did not end within ${timeout} s`;
    throw new HookFailure('COMMAND_TIMEOUT', `The command ${command} ${why}.`, 'Raise its timeout, or let it do less.');
  }
  if (status !== 0) {
    throw new HookFailure('COMMAND_FAILED', `The command ${command} ended with ${status}.`, 'Log level debug shows what it printed.');
  }
}

/** The output without the password, also where it is cut in the middle of it. */
function clean({ text, cut }: Captured, password: string): string {
  if (password.length < SHORTEST_REDACTABLE) return text === '' ? '' : '[not shown]';
  const redactor = new Redactor();
  const forms = [password, Buffer.from(password).toString('base64')];
  redactor.hold(forms);
  // The longest form is percent-encoded: up to nine signs for one.
  const whole = cut ? text.slice(0, Math.max(0, text.length - 9 * password.length)) : text;
  return redactor.redact(whole);
}
