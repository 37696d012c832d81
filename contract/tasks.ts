/** Names and limits of the tasks that a runner takes from its control plane. */

export const TEST_CONNECTION = 'TestConnection';
export const COLLECT_DATA = 'CollectData';
export const PROVISION_ACCESS = 'ProvisionAccess';
export const DISPENSE_CREDENTIAL = 'DispenseCredential';
export const SWEEP_ORPHANS = 'SweepOrphans';

/** Workflow types that a control plane starts on a runner's task queue. */
export const WORKFLOW_TYPES: readonly string[] = [TEST_CONNECTION, COLLECT_DATA, PROVISION_ACCESS, DISPENSE_CREDENTIAL, SWEEP_ORPHANS];

/** Names of the messages that an access workflow understands while it lives. */
export const REVOKE_SIGNAL = 'revoke';
export const EXTEND_UPDATE = 'extend';
export const STATUS_QUERY = 'status';

/** Longest life of a task between signing and acceptance, seconds. */
export const TASK_VALIDITY_SECONDS = 300;
/** Clock difference between control plane and runner that is tolerated, seconds. */
export const CLOCK_TOLERANCE_SECONDS = 300;
/** Largest task envelope, bytes of its JSON text. */
export const MAX_ENVELOPE_BYTES = 65_536;
/** Largest batch of a collection as it travels, bytes of base64 text. */
export const MAX_BATCH_BYTES = 262_144;
/** Longest time during which a result is offered to the control plane, days. */
export const RESULT_DELIVERY_DAYS = 30;
/** Longest time during which a revocation is retried by its workflow, days; the reaper goes on after it. */
export const REVOCATION_RETRY_DAYS = 30;

/** Time a stopping runner gives running tasks before they are cancelled, seconds. */
export const DRAIN_GRACE_SECONDS = 90;
/** Time after which a stopping runner gives up waiting, seconds. */
export const DRAIN_FORCE_SECONDS = 110;
/** Time that every host (ECS, Kubernetes, systemd) must give a runner between SIGTERM and SIGKILL, seconds. */
export const STOP_TIMEOUT_SECONDS = 120;
