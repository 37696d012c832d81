import type { JSONWebKeySet } from 'jose';
import {
  DEFAULT_CONTROL_PLANE_ADDRESS,
  DEFAULT_RESULT_ACTIVITY_NAME,
  DEFAULT_RESULT_TASK_QUEUE,
  ENVIRONMENT,
} from '../../contract/environment.js';
import type { Settings } from './home/state.js';

/** One variable of a runner. */
export interface EnvironmentEntry {
  readonly name: string;
  readonly value: string;
}

/** The variables that a runner of a group needs, in the contract's order; what equals a default is left out. */
export function runnerEnvironment(
  settings: Settings,
  groupId: string,
  apiKey: string,
  verificationKeys: JSONWebKeySet | undefined,
): EnvironmentEntry[] {
  const values: Record<string, string | undefined> = {
    TENANT_ID: settings.tenantId,
    RUNNER_GROUP_ID: groupId,
    RUNNER_API_KEY: apiKey,
    AXIOM_NAMESPACE: settings.namespace,
    AXIOM_ACTIONS_ADDRESS_AND_PORT: unlessDefault(settings.address, DEFAULT_CONTROL_PLANE_ADDRESS),
    AXIOM_TLS: unlessDefault(settings.tls, 'on'),
    AXIOM_TLS_CA_FILE: settings.caFile,
    WORKFLOW_RESULT_TASK_QUEUE: unlessDefault(settings.resultTaskQueue, DEFAULT_RESULT_TASK_QUEUE),
    WORKFLOW_RESULT_ACTIVITY_NAME: unlessDefault(settings.resultActivityName, DEFAULT_RESULT_ACTIVITY_NAME),
    AXIOM_TASK_VERIFICATION_KEY: verificationKeys === undefined ? undefined : JSON.stringify(verificationKeys),
  };
  return ENVIRONMENT.flatMap(({ name }) => {
    const value = values[name];
    return value === undefined ? [] : [{ name, value }];
  });
}

/** Renders variables as a `.env` file: bare values of one line, which docker, systemd and the runner read alike. */
export function renderEnvironmentFile(entries: readonly EnvironmentEntry[]): string {
  return entries.map(({ name, value }) => `${name}=${value}\n`).join('');
}

function unlessDefault(value: string, defaultValue: string): string | undefined {
  return value === defaultValue ? undefined : value;
}
