/** A runner's side of the tasks, in miniature: what it reports is made up, how it reports is not. */
import { condition, defineQuery, defineSignal, defineUpdate, proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow';
import { EXTEND_UPDATE, REVOKE_SIGNAL, STATUS_QUERY } from '../../../contract/tasks.js';

interface FakeTask {
  readonly jti: string;
  readonly aud: string;
  readonly task: { readonly type: string; readonly [key: string]: unknown };
}

interface RunnerActivities {
  acceptTask(envelope: unknown): Promise<FakeTask>;
  sealFor(task: FakeTask): Promise<string>;
  packedItems(): Promise<string>;
}

const runner = proxyActivities<RunnerActivities>({ startToCloseTimeout: '10s', retry: { maximumAttempts: 1 } });
const results = proxyActivities<{ HandleWorkflowResult(result: unknown): Promise<void> }>({
  taskQueue: 'AxiomWorkflowResultHandlerTaskQueue',
  startToCloseTimeout: '10s',
  scheduleToCloseTimeout: '1m',
});

function reporter(task: FakeTask): (stage: string, rest: object) => Promise<void> {
  let sequence = 0;
  const { workflowId, firstExecutionRunId } = workflowInfo();
  const [tenantId = '', runnerGroupId = ''] = task.aud.split('/');
  return async (stage, rest) => {
    const result = {
      schemaVersion: 1,
      resultId: `${workflowId}/${firstExecutionRunId}/${sequence++}`,
      requestId: task.jti,
      tenantId,
      runnerGroupId,
      type: task.task.type,
      ...(task.task['system'] === undefined ? {} : { system: task.task['system'] }),
      stage,
      ...rest,
    };
    await results.HandleWorkflowResult(result);
    await results.HandleWorkflowResult(result); // at least once
  };
}

export async function TestConnection(envelope: unknown): Promise<void> {
  const task = await runner.acceptTask(envelope);
  const { id } = task.task['system'] as { id: string };
  const report = reporter(task);
  if (id === 'absent') {
    const error = {
      code: 'SECRET_NOT_FOUND',
      message: 'The secret does not exist.',
      object: 'axiom-security/postgresql/absent',
      retryable: false,
      mend: 'create it',
    };
    return report('failed', { error });
  }
  const outcome = id === 'broken' ? 'unreachable' : 'ok';
  await report('tested', { checks: [{ name: 'connect', outcome, detail: `connection is ${outcome}`, mend: 'look at the port' }] });
}

export async function CollectData(envelope: unknown): Promise<void> {
  const task = await runner.acceptTask(envelope);
  const report = reporter(task);
  const items = await runner.packedItems();
  await report('batch', { sequence: 0, items });
  await report('batch', { sequence: 1, items });
  const previous = task.task['previousCounts'] as Record<string, number> | undefined;
  await report('collected', {
    summary: {
      counts: { principal: 2 },
      batches: 2,
      durationSeconds: 0.5,
      trustworthy: true,
      warnings: previous === undefined ? [] : [`previously ${previous['principal']}`],
    },
  });
}

export async function ProvisionAccess(envelope: unknown): Promise<void> {
  return live(envelope, false);
}

export async function DispenseCredential(envelope: unknown): Promise<void> {
  return live(envelope, true);
}

export async function SweepOrphans(envelope: unknown): Promise<void> {
  const task = await runner.acceptTask(envelope);
  const systems = [{ system: 'postgresql/db', marked: 3, overdue: 1, reverted: 1, failed: 0, unverifiable: 0 }];
  await reporter(task)('swept', { sweep: { systems } });
}

async function live(envelope: unknown, sealed: boolean): Promise<void> {
  let isRevoked = false;
  let expiresAt = 0;
  let extendedTo: number | undefined;
  setHandler(defineSignal(REVOKE_SIGNAL), () => {
    isRevoked = true;
  });
  setHandler(defineQuery(STATUS_QUERY), () => ({ state: isRevoked ? 'revoked' : 'granted', expiresAt }));
  setHandler(defineUpdate<{ expiresAt: number }, [unknown]>(EXTEND_UPDATE), async (extension) => {
    const accepted = await runner.acceptTask(extension);
    extendedTo = Number(accepted.task['expiresAt']);
    return { expiresAt: extendedTo };
  });
  const task = await runner.acceptTask(envelope);
  const report = reporter(task);
  const { target, permission, principal = { kind: 'role', id: 'temporary' } } = task.task;
  expiresAt = 2_000_000_000;
  const access = () => ({ target, permission, principal, expiresAt });
  await report('granted', { access: access(), ...(sealed ? { sealedCredential: await runner.sealFor(task) } : {}) });
  while (!isRevoked) {
    await condition(() => isRevoked || extendedTo !== undefined);
    if (extendedTo === undefined) continue;
    expiresAt = extendedTo;
    extendedTo = undefined;
    await report('extended', { access: access() });
  }
  const at = '2030-01-01T00:00:00Z';
  const evidence = {
    actions: ['dropped the role'],
    observations: [{ question: 'does the role exist?', answer: 'no', at }],
    proved: true,
    warnings: [],
  };
  await report('revoked', { access: access(), cause: 'asked', evidence });
}
