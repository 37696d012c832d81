import type { Task } from '@axiom-runner/protocol';

/** The customer's own policies over tasks. */
export interface Policy {
  /** @throws {RunnerError} `POLICY_DENIED` unless a policy permits the task and none forbids it */
  assertPermitted(task: Task): Promise<void>;
}
