import type { ContractHarness } from './contract/contract.js';

/** A system that an integration is tried on. */
export interface ListedSystem {
  readonly type: string;
  /** What answers: a real server, or a fake of the vendor's interface. */
  readonly server: string;
  readonly load: () => Promise<ContractHarness<unknown, unknown>>;
}

/** One system for each integration. */
export const SYSTEMS: readonly ListedSystem[] = [
  listed('aws', 'moto', async () => (await import('./aws/contract-harness.js')).contractHarness('permission set')),
  listed('azuread', 'fake', async () => (await import('./azuread/contract-harness.js')).contractHarness('group')),
  listed('gcp', 'fake', async () => (await import('./gcp/contract-harness.js')).contractHarness('roles/storage.objectViewer')),
  listed('github', 'fake', async () => (await import('./github/contract-harness.js')).contractHarness),
  listed('googleworkspace', 'fake', async () => (await import('./googleworkspace/contract-harness.js')).workspaceHarness('membership')),
  listed('jumpcloud', 'fake', async () => (await import('./jumpcloud/contract-harness.js')).contractHarness('group')),
  listed('k8s', 'Kubernetes 1.36', async () => (await import('./k8s/contract-harness.js')).contractHarness()),
  listed('mongodbatlas', 'fake', async () => (await import('./mongodbatlas/contract-harness.js')).contractHarness),
  listed('mysql', 'MariaDB 10.11', async () => (await import('./mysql/contract-harness.js')).contractHarness('mariadb')),
  listed('okta', 'fake', async () => (await import('./okta/contract-harness.js')).contractHarness('group')),
  listed('pagerduty', 'fake', async () => (await import('./pagerduty/contract-harness.js')).contractHarness('team')),
  listed('postgresql', 'PostgreSQL 18', async () => (await import('./postgresql/contract-harness.js')).contractHarness(18)),
];

/** What a harness knows of its secret and state is its own; whoever uses the list only passes them on. */
function listed<Secret, State>(type: string, server: string, load: () => Promise<ContractHarness<Secret, State>>): ListedSystem {
  return { type, server, load: load as unknown as ListedSystem['load'] };
}
