import type { AuditTrail } from '../../../audit/trail/audit-trail.js';
import type { Logger } from '../../../operations/logger.js';
import type { HookSettings } from '../../config/agent-settings.js';
import { Problem } from '../../problem.js';
import type { VaultSecret } from '../../vaults/vault.js';
import { runCommand } from './command.js';
import { planFile } from './file.js';
import { HookFailure } from './hook-failure.js';
import { sendSignal } from './signal.js';
import { renderTemplate } from './template.js';
import { runUnitAction } from './unit.js';

/** One delivery to a hook. */
export interface HookRun {
  readonly hook: HookSettings;
  readonly id: string;
  readonly secret: VaultSecret;
  /** What the hook had until now, to go back to. */
  readonly previous: VaultSecret | undefined;
  /** Whether signal, unit and command run also when the text of the file is the same. */
  readonly always: boolean;
}

/** What hooks work with. */
export interface HookTools {
  readonly trail: AuditTrail;
  readonly log: Logger;
  /** Aborted when the agent stops: a command that runs is ended. */
  readonly signal: AbortSignal;
}

/**
 * Delivers a secret to a hook: its file first, then signal, unit and command. When one of these fails, the file is put back, and they run
 * again with the previous secret.
 * @returns whether there was anything to deliver
 * @throws {HookFailure} after everything was put back
 * @throws {Problem} `AUDIT_UNAVAILABLE`: no record, no delivery
 */
export async function runHook(run: HookRun, tools: HookTools): Promise<boolean> {
  const { hook, id, secret, always } = run;
  const change = hook.file === undefined ? undefined : await planFile(hook.file, renderTemplate(hook.file.template, id, secret));
  if (!always && change !== undefined && !change.differs) return false;
  await recordDelivery(run, secret, tools);
  await change?.write();
  try {
    await runSteps(run, secret, tools);
  } catch (error) {
    await goBack(run, change?.rollBack, tools);
    throw error;
  }
  return true;
}

async function recordDelivery({ hook, id }: HookRun, { version }: VaultSecret, { trail, log }: HookTools): Promise<void> {
  try {
    await trail.record({ action: 'deliver', application: `hook:${hook.name}`, secret: id, version, source: 'vault', outcome: 'ok' });
  } catch {
    log.error('a delivery to a hook cannot be recorded, so nothing is delivered', { hook: hook.name, secret: id });
    throw new Problem('AUDIT_UNAVAILABLE');
  }
}

async function runSteps({ hook, id }: HookRun, secret: VaultSecret, { log, signal }: HookTools): Promise<void> {
  if (hook.signal !== undefined && !(await sendSignal(hook.signal))) {
    log.warn('a hook has nobody to signal: the process does not run', { hook: hook.name, pidFile: hook.signal.pid_file });
  }
  if (hook.unit !== undefined) await runUnitAction(hook.unit, signal);
  if (hook.command !== undefined) await runCommand(hook.command, id, secret, { log, signal });
}

/** As good as it can be: what failed with the new secret may fail with the previous one, too. */
async function goBack(run: HookRun, rollBack: (() => Promise<void>) | undefined, tools: HookTools): Promise<void> {
  const { hook, id, previous } = run;
  const about = { hook: hook.name, secret: id };
  try {
    await rollBack?.();
    if (previous !== undefined && !tools.signal.aborted) {
      await recordDelivery(run, previous, tools);
      await runSteps(run, previous, tools);
    }
    tools.log.warn('a hook failed and was rolled back', { ...about, version: previous?.version });
  } catch (error) {
    const why = error instanceof HookFailure ? { code: error.code, reason: error.message, mend: error.mend } : {};
    tools.log.error('a hook failed, and could not be rolled back', { ...about, ...why });
  }
}
