import { isPassing, systemName } from '@axiom-runner/protocol';
import { EXIT_FAILED, EXIT_OK } from '../../../contract/exit-codes.js';
import { asRunnerError, type RunnerError } from '../errors.js';
import { readApiKey, WITHOUT_STATE_KEY } from '../systems/own-secrets.js';
import { ControlPlaneError, connect } from '../tasks/connection.js';
import { type CommandSession, openSession, parseSystem } from './command-session.js';
import { json, type Terminal, table } from './terminal.js';

/** One finding of the doctor. */
interface Finding {
  readonly subject: string;
  readonly state: 'ok' | 'warning' | 'skipped' | 'fault';
  readonly detail: string;
  readonly mend: string;
}

/** The command `doctor`: looks at everything that a runner needs, in the order in which it needs it, and says what to mend. */
export async function doctor(
  options: { readonly envFile?: string; readonly json?: boolean; readonly system?: readonly string[] },
  terminal: Terminal,
): Promise<number> {
  const session = await openSession(options.envFile, terminal);
  const findings: Finding[] = [
    ok('settings', 'complete and well-formed'),
    stateKey(session),
    ...guard(session),
    await controlPlane(session),
  ];
  const systems = options.system?.map(parseSystem) ?? session.systems.known;
  if (systems.length === 0)
    findings.push({
      subject: 'systems',
      state: 'warning',
      detail: 'none is named',
      mend: 'Name them in RUNNER_ALLOWED, or here with --system <type>/<id>.',
    });
  for (const system of systems) {
    const subject = systemName(system);
    try {
      const checks = await session.use(system, (integration, access) => integration.testConnection(access));
      for (const { name, outcome, detail, mend = '', ...check } of checks) {
        const state =
          outcome === 'warning' || outcome === 'skipped' ? outcome : isPassing({ name, outcome, detail, ...check }) ? 'ok' : 'fault';
        findings.push({ subject: `${subject} ${name}`, state, detail, mend });
      }
    } catch (error) {
      findings.push(fault(subject, asRunnerError(error)));
    }
  }
  const healthy = findings.every(({ state }) => state !== 'fault');
  if (options.json) terminal.out(json({ healthy, findings }));
  else
    terminal.out(
      table(
        ['', 'SUBJECT', 'FINDING', 'MEND'],
        findings.map(({ state, subject, detail, mend }) => [state, subject, detail, mend]),
      ),
    );
  return healthy ? EXIT_OK : EXIT_FAILED;
}

function stateKey({ settings }: CommandSession): Finding {
  if (settings.stateKeySecretId !== undefined) return ok('state key', `${settings.stateKeySecretId} was read`);
  return {
    subject: 'state key',
    state: 'warning',
    detail: WITHOUT_STATE_KEY,
    mend: 'Create a secret with 32 random characters and set its id.',
  };
}

function guard({ settings }: CommandSession): Finding[] {
  return [
    settings.verificationKeys === undefined
      ? {
          subject: 'task signatures',
          state: 'warning',
          detail: 'tasks are taken unsigned',
          mend: 'Set AXIOM_TASK_VERIFICATION_KEY (axiomctl keys verification prints it).',
        }
      : ok('task signatures', `required, ${settings.verificationKeys.keys.length} key(s)`),
    settings.allowed === undefined
      ? { subject: 'allowed systems', state: 'warning', detail: 'tasks may touch every system', mend: 'Set RUNNER_ALLOWED.' }
      : ok('allowed systems', settings.allowed.map(({ system }) => system).join(', ')),
  ];
}

async function controlPlane({ settings, stores, redactor }: CommandSession): Promise<Finding> {
  try {
    const connection = await connect(
      settings.controlPlane,
      settings.network,
      await readApiKey(settings, stores.own, redactor),
      settings.namespace,
    );
    await connection.close();
    return ok('control plane', `${settings.controlPlane.address} accepts the key for ${settings.namespace}`);
  } catch (error) {
    return fault('control plane', error instanceof ControlPlaneError ? error : asRunnerError(error));
  }
}

function ok(subject: string, detail: string): Finding {
  return { subject, state: 'ok', detail, mend: '' };
}

function fault(subject: string, error: RunnerError | ControlPlaneError): Finding {
  return { subject, state: 'fault', detail: error.message, mend: error.mend ?? '' };
}
