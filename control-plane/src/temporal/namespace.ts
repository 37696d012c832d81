import { setTimeout as sleep } from 'node:timers/promises';
import { unavailableError } from '../errors.js';
import type { Home } from '../home/home.js';
import { type Link, type LinkOptions, openLink } from './link.js';
import { isNamespaceTaken, isNamespaceUnknown, serverError } from './server-error.js';

/** How long closed tasks stay on the server when nothing else is asked for, days. Results are kept in the home, without end. */
export const DEFAULT_RETENTION_DAYS = 7;
/** Servers read their list of namespaces every ten seconds. */
const READY_MS = 60_000;

/**
 * Registers the tenant's namespace and waits until the server takes work for it.
 * @returns false when it was there
 * @throws {ControlPlaneError} when the server cannot be reached, or does not take the key for an administrator's
 */
export async function createNamespace(
  home: Home,
  retentionDays: number = DEFAULT_RETENTION_DAYS,
  options: LinkOptions = {},
): Promise<boolean> {
  const { msToTs } = await import('@temporalio/common/lib/time.js');
  const link = await openLink(home, { role: 'admin', ...options });
  try {
    const isNew = await link.connection.workflowService
      .registerNamespace({ namespace: link.target.namespace, workflowExecutionRetentionPeriod: msToTs(retentionDays * 86_400_000) })
      .then(
        () => true,
        (error: unknown) => {
          if (isNamespaceTaken(error)) return false;
          throw serverError(error, link.target);
        },
      );
    await untilServed(link);
    return isNew;
  } finally {
    await link.close();
  }
}

/** Workers that ask for the tasks of a group at the moment, as they name themselves: `<pid>@<host>@`. */
export async function connectedRunners(link: Link, groupId: string): Promise<string[]> {
  const { pollers } = await describeQueue(link, groupId).catch((error: unknown) => {
    throw serverError(error, link.target);
  });
  return [...new Set((pollers ?? []).map(({ identity }) => identity ?? ''))].sort();
}

async function untilServed(link: Link): Promise<void> {
  const deadline = Date.now() + READY_MS;
  for (;;) {
    const answer = await describeQueue(link, link.home.settings.resultTaskQueue).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (answer === undefined) return;
    if (!isNamespaceUnknown(answer)) throw serverError(answer, link.target);
    if (Date.now() >= deadline) {
      throw unavailableError(
        `The server does not take work for the namespace ${link.target.namespace} yet.`,
        'wait a minute, then run the same command again',
      );
    }
    await sleep(250);
  }
}

function describeQueue(link: Link, name: string) {
  // 1 = TASK_QUEUE_TYPE_WORKFLOW
  return link.connection.workflowService.describeTaskQueue({ namespace: link.target.namespace, taskQueue: { name }, taskQueueType: 1 });
}
