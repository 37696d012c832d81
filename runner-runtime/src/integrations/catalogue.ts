import { RunnerError } from '../errors.js';
import type { Integration } from './integration.js';

/** An integration whose secret and state only itself can read. */
export type AnyIntegration = Integration<unknown, unknown>;

/** Every integration, loaded when it is first used: an idle runner pays for none. */
const LOADERS: Readonly<Record<string, () => Promise<unknown>>> = {
  aws: async () => (await import('./aws/integration.js')).aws,
  azuread: async () => (await import('./azuread/integration.js')).azuread,
  gcp: async () => (await import('./gcp/integration.js')).gcp,
  github: async () => (await import('./github/integration.js')).github,
  googleworkspace: async () => (await import('./googleworkspace/integration.js')).googleworkspace,
  jumpcloud: async () => (await import('./jumpcloud/integration.js')).jumpcloud,
  k8s: async () => (await import('./k8s/integration.js')).k8s,
  mongodbatlas: async () => (await import('./mongodbatlas/integration.js')).mongodbatlas,
  mysql: async () => (await import('./mysql/integration.js')).mysql,
  okta: async () => (await import('./okta/integration.js')).okta,
  pagerduty: async () => (await import('./pagerduty/integration.js')).pagerduty,
  postgresql: async () => (await import('./postgresql/integration.js')).postgresql,
};

/** Kinds of systems that this runner can work on. */
export const INTEGRATION_TYPES: readonly string[] = Object.keys(LOADERS);

/** @throws {RunnerError} `UNSUPPORTED` for a kind of system that has no integration */
export async function loadIntegration(type: string): Promise<AnyIntegration> {
  const load = Object.hasOwn(LOADERS, type) ? LOADERS[type] : undefined;
  if (load === undefined) {
    throw new RunnerError('UNSUPPORTED', `This runner has no integration ${type}.`, {
      object: type,
      mend: `It knows: ${INTEGRATION_TYPES.join(', ')}.`,
    });
  }
  // Secret and state types are validated by the integration's own schemas before they get here.
  return (await load()) as AnyIntegration;
}
