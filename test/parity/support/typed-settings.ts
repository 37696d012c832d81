import { ENVIRONMENT } from '../../../contract/environment';
import type { Variables } from './env-file-readers';
import type { WantedRunner } from './runner-arbitrary';

/** What somebody types who deploys without the CDK. */
export interface TypedSettings {
  /** Variables of the contract. Defaults are left to the chart and to the script. */
  readonly known: Variables;
  /** Others, which neither knows. */
  readonly others: Variables;
}

/** @param environment the runner's whole environment */
export function typedSettings({ settings }: WantedRunner, environment: Variables): TypedSettings {
  const { resultTaskQueue, resultActivityName, controlPlaneAddress } = settings;
  const chosen: Readonly<Record<string, unknown>> = {
    RUNNER_API_KEY: undefined,
    SECRETS_STORE_ENGINE: undefined,
    WORKFLOW_RESULT_TASK_QUEUE: resultTaskQueue,
    WORKFLOW_RESULT_ACTIVITY_NAME: resultActivityName,
    AXIOM_ACTIONS_ADDRESS_AND_PORT: controlPlaneAddress,
  };
  const names = new Set(ENVIRONMENT.map(({ name }) => name));
  const typed = Object.entries(environment).filter(([name]) => !(name in chosen) || chosen[name] !== undefined);
  return {
    known: Object.fromEntries(typed.filter(([name]) => names.has(name))),
    others: Object.fromEntries(typed.filter(([name]) => !names.has(name))),
  };
}
