/** The control plane as a library: what `axiomctl` does, for programs. */
export { type AccessEvent, type AccessHistory, type AccessRecord, type AccessState, accessHistory, listAccesses } from './accesses.js';
export { apiKeySet } from './api-key-set.js';
export {
  type CredentialRequest,
  type DispensedCredential,
  dispenseCredential,
  newRecipient,
  type RecipientKeyPair,
} from './dispense.js';
export { type EnvironmentEntry, renderEnvironmentFile } from './environment-file.js';
export { ControlPlaneError } from './errors.js';
export {
  addIntegration,
  type CreateGroupOptions,
  createGroup,
  findGroup,
  type GroupWithKey,
  readGroups,
  removeIntegration,
  rotateApiKey,
} from './groups.js';
export { createHome, type Home, type HomeOptions, openHome, openOrCreateHome } from './home/home.js';
export type { ResultStore } from './home/result-store.js';
export type { Group, Settings, StoredResult } from './home/state.js';
export { type KeySetServer, serveKeySet } from './key-set-server.js';
export { activateTaskKey, addTaskKey, type KeyDescription, listKeys, retireTaskKey, verificationKeySet } from './keys.js';
export { type Link, type LinkOptions, openLink } from './temporal/link.js';
export { connectedRunners, createNamespace } from './temporal/namespace.js';
export { type ResultsServer, type ResultsServerOptions, serveResults } from './temporal/results-server.js';
export {
  type AccessReference,
  extendAccess,
  makeEnvelope,
  revokeAccess,
  type StartedTask,
  startTask,
  type TaskOptions,
  taskStatus,
} from './temporal/tasks.js';
export { type Collection, collectedItems, type WaitedTask, type WaitOptions, waitForCollection, waitForStage } from './wait.js';
