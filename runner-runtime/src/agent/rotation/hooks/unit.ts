import type { HookSettings } from '../../config/agent-settings.js';
import { runProgram } from './child.js';
import { HookFailure } from './hook-failure.js';

/** systemd itself gives a unit 90 s to stop and 90 s to start. */
const TIMEOUT_MS = 200_000;

/** Restarts or reloads a systemd unit and waits until it is done. @throws {HookFailure} `UNIT_FAILED` */
export async function runUnitAction({ name, action }: NonNullable<HookSettings['unit']>, signal: AbortSignal): Promise<void> {
  const run = ['systemctl', '--no-ask-password', '--quiet', action, '--', name];
  const { status, killed } = await runProgram({ run, timeoutMs: TIMEOUT_MS, signal });
  if (status === 0 && !killed) return;
  const how = killed ? 'did not end in time' : `ended with ${status}`;
  const mend =
    status === 'ENOENT'
      ? 'There is no systemctl on PATH: use a command or a signal.'
      : `See journalctl -u ${name}; the agent's user needs a polkit rule (org.freedesktop.systemd1.manage-units) unless it is root.`;
  throw new HookFailure('UNIT_FAILED', `systemctl ${action} ${name} ${how}.`, mend);
}
