import { join } from 'node:path';
import { EXIT_FAILED, EXIT_OK } from '../../../../contract/exit-codes.js';
import { readApplications } from '../../agent/applications/application-store.js';
import { AUDIT_FOLDER } from '../../agent/audit-folder.js';
import type { AgentSettings } from '../../agent/config/agent-settings.js';
import { readAgentConfig, stateFolder } from '../../agent/config/read-agent-config.js';
import { openVault } from '../../agent/vaults/open-vault.js';
import { listCursors } from '../../audit/trail/cursor.js';
import { lastRecords } from '../../audit/trail/records.js';
import { readNetwork } from '../../config/read-network.js';
import { asRunnerError } from '../../errors.js';
import { createLogger } from '../../operations/logger.js';
import { json, type Terminal, table } from '../terminal.js';
import { askHealth } from './health.js';

/** One finding about an agent. */
interface Finding {
  readonly subject: string;
  readonly state: 'ok' | 'warning' | 'fault';
  readonly detail: string;
  readonly mend: string;
}

/** The command `agent status`: whether the agent answers, signs in to its vault and gets its records off, and what to mend. */
export async function agentStatus(
  { config, json: asJson }: { readonly config?: string; readonly json?: boolean },
  terminal: Terminal,
): Promise<number> {
  const settings = await readAgentConfig(config);
  const folder = stateFolder(settings);
  const findings = [
    ok('configuration', 'complete and well-formed'),
    await process(settings),
    await vault(settings, folder, terminal),
    ...(await applications(settings, folder)),
    ...(await audit(folder)),
  ];
  const healthy = findings.every(({ state }) => state !== 'fault');
  if (asJson) terminal.out(json({ healthy, state: folder, findings }));
  else
    terminal.out(
      table(
        ['', 'SUBJECT', 'FINDING', 'MEND'],
        findings.map(({ state, subject, detail, mend }) => [state, subject, detail, mend]),
      ),
    );
  return healthy ? EXIT_OK : EXIT_FAILED;
}

async function process(settings: AgentSettings): Promise<Finding> {
  const health = await askHealth(settings);
  if (health.state === 'ok') return ok('agent', 'answers');
  const mend = health.state === 'failing' ? 'Look at its log.' : 'Start it: axiomrunner agent --config <path>.';
  return { subject: 'agent', state: 'fault', detail: health.why, mend };
}

async function vault(settings: AgentSettings, folder: string, terminal: Terminal): Promise<Finding> {
  const subject = `vault ${settings.vault.type}`;
  const log = createLogger({ level: 'error', write: terminal.err });
  try {
    const opened = await openVault(settings, { network: readNetwork(globalThis.process.env), stateFolder: folder, log });
    try {
      return ok(subject, `signed in as ${await opened.test(AbortSignal.timeout(settings.limits.vault_timeout * 1000))}`);
    } finally {
      await opened.close();
    }
  } catch (error) {
    const { code, message, mend = '' } = asRunnerError(error);
    return { subject, state: 'fault', detail: `${code}: ${message}`, mend };
  }
}

async function applications(settings: AgentSettings, folder: string): Promise<Finding[]> {
  try {
    const stored = await readApplications(folder);
    const names = [...Object.keys(settings.applications), ...stored.map(({ name }) => name)];
    if (names.length > 0) return [ok('applications', names.join(', '))];
    return [
      {
        subject: 'applications',
        state: 'warning',
        detail: 'there is none',
        mend: 'Add one: axiomrunner agent app add <name> --allow <ids>.',
      },
    ];
  } catch (error) {
    return [{ subject: 'applications', state: 'fault', detail: (error as Error).message, mend: 'Look at the file that it names.' }];
  }
}

async function audit(folder: string): Promise<Finding[]> {
  const trail = join(folder, AUDIT_FOLDER);
  try {
    const [last] = await lastRecords(trail, 1);
    const lastId = last?.record.id ?? 0;
    const sinks = await listCursors(trail);
    return [
      ok('audit trail', `${lastId} records`),
      ...sinks.map(
        ({ sink, id }): Finding =>
          id >= lastId
            ? ok(`audit sink ${sink}`, 'has got every record')
            : {
                subject: `audit sink ${sink}`,
                state: 'warning',
                detail: `${lastId - id} records behind`,
                mend: 'When that grows, look whether the sink can be reached.',
              },
      ),
    ];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [ok('audit trail', 'none yet')];
    return [
      {
        subject: 'audit trail',
        state: 'fault',
        detail: `${trail} cannot be read (${(error as NodeJS.ErrnoException).code ?? (error as Error).name})`,
        mend: 'Run this as the user of the agent.',
      },
    ];
  }
}

function ok(subject: string, detail: string): Finding {
  return { subject, state: 'ok', detail, mend: '' };
}
