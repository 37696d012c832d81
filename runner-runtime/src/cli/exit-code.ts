import { CommanderError } from 'commander';
import { EXIT_CONFIG, EXIT_FAILED, EXIT_OK, EXIT_UNAVAILABLE, EXIT_USAGE } from '../../../contract/exit-codes.js';
import { SettingsError } from '../config/settings.js';
import { type ErrorCode, RunnerError } from '../errors.js';
import { PrivateFileError } from '../operations/private-file.js';
import { NativeCoreError } from '../program-files.js';
import { json, type Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';

const UNREACHABLE: readonly ErrorCode[] = ['SECRET_STORE_UNAVAILABLE', 'TARGET_UNREACHABLE'];

/** Prints an expected error with its mend and says what the command ends with; anything else goes up to the launcher. */
export function exitCodeOf(error: unknown, asJson: boolean, terminal: Terminal): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
  if (error instanceof UsageError) {
    terminal.err(`axiomrunner: ${error.message}\n`);
    return EXIT_USAGE;
  }
  if (error instanceof SettingsError) {
    terminal.err(asJson ? json({ error: { code: 'SETTINGS', faults: error.faults } }) : `axiomrunner: ${error.message}\n`);
    return EXIT_CONFIG;
  }
  if (error instanceof PrivateFileError) {
    terminal.err(
      asJson
        ? json({ error: { code: 'FILE', message: error.message, mend: error.mend } })
        : `axiomrunner: ${error.message}\n  ${error.mend}\n`,
    );
    return EXIT_CONFIG;
  }
  if (error instanceof NativeCoreError) {
    terminal.err(asJson ? json({ error: { code: 'NATIVE_CORE', message: error.message } }) : `axiomrunner: ${error.message}\n`);
    return EXIT_CONFIG;
  }
  if (error instanceof RunnerError) {
    terminal.err(
      asJson
        ? json({ error: error.toTaskError() })
        : `axiomrunner: ${error.code}: ${error.message}${error.mend === undefined ? '' : `\n  ${error.mend}`}\n`,
    );
    return UNREACHABLE.includes(error.code) ? EXIT_UNAVAILABLE : EXIT_FAILED;
  }
  throw error;
}
