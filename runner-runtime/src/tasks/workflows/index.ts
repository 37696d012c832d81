/** The workflow types that a control plane starts, under their published names. Bundled for the engine's sandbox: deterministic code only. */

export { accessLifecycle as DispenseCredential, accessLifecycle as ProvisionAccess } from './access-lifecycle.js';
export { collectData as CollectData } from './collect-data.js';
export { sweepOrphans as SweepOrphans } from './sweep-orphans.js';
export { testConnection as TestConnection } from './test-connection.js';
