/** The container image of a runner. */

/** The published container image, default of the published templates only. */
export const PUBLISHED_IMAGE = 'public.ecr.aws/j1l0w7h1/actionsrunner-service:latest';

/** Folder that a runner may write to and execute from. */
export const SCRATCH_FOLDER = '/tmp';
/** User and group of a runner's process: no user of any node. */
export const RUNNER_USER = 65_532;

/** Ends with 0 while the runner takes tasks. */
export const READY_COMMAND: readonly string[] = ['axiomrunner', 'health'];
/**
 * Ends with 0 while the runner's process answers. Not the same as readiness: a runner that has not reached its control plane yet is not
 * ready, and to restart it would cut off the accesses that its reaper has to end.
 */
export const ALIVE_COMMAND: readonly string[] = [...READY_COMMAND, '--alive'];
