import type { Principal } from '@axiom-runner/protocol';
import { gcp } from '../../../src/integrations/gcp/integration.js';
import type { GcpSecret } from '../../../src/integrations/gcp/secret.js';
import type { GcpState } from '../../../src/integrations/gcp/state.js';
import { FakeGoogleCloud } from '../../support/fake-vendor/gcp/google-cloud.js';
import { permissionsOf } from '../../support/fake-vendor/gcp/judgement.js';
import type { Account } from '../../support/fake-vendor/gcp/world.js';
import { RunnerHarness, START_SECONDS } from '../runner-harness.js';

export const ORGANIZATION = '73845678465809';
export const OTHER_ORGANIZATION = '55555555555';
export const SYSTEM = { type: 'gcp', id: ORGANIZATION };
export const RUNNER_ROLE = `organizations/${ORGANIZATION}/roles/axiomRunner`;

/** The role of the documentation: what the runner needs in the whole organization. */
export const RUNNER_PERMISSIONS = [
  'iam.roles.get',
  'iam.roles.list',
  'iam.serviceAccounts.get',
  'iam.serviceAccounts.list',
  'resourcemanager.folders.get',
  'resourcemanager.folders.getIamPolicy',
  'resourcemanager.folders.setIamPolicy',
  'resourcemanager.organizations.get',
  'resourcemanager.organizations.getIamPolicy',
  'resourcemanager.organizations.setIamPolicy',
  'resourcemanager.projects.get',
  'resourcemanager.projects.getIamPolicy',
  'resourcemanager.projects.setIamPolicy',
];

const PREFIXES: Readonly<Record<string, string>> = { user: 'user', group: 'group', serviceaccount: 'serviceAccount' };

/** An organization with folders and projects, and the runner's service account in one of them. */
export class Organization {
  #principals = 0;
  readonly #runners: RunnerHarness<GcpSecret, GcpState>[] = [];

  private constructor(
    readonly cloud: FakeGoogleCloud,
    readonly runner: Account,
  ) {}

  static async start(): Promise<Organization> {
    const cloud = await FakeGoogleCloud.start(START_SECONDS);
    const { world } = cloud;
    const organization = world.addOrganization(ORGANIZATION, 'example.com');
    world.addOrganization(OTHER_ORGANIZATION, 'example.org');
    world.addFolder('100', organization, 'Production');
    world.addFolder('101', 'folders/100', 'Shops & more');
    world.addFolder('102', organization, 'Platform');
    world.addProject('shop-prod', 'folders/101');
    world.addProject('sandbox', organization);
    world.addProject('axiom-integration', 'folders/102');
    world.addProject('example.com:old-shop', organization);
    world.addProject('a23456789-123456789-123456789z', 'folders/101');
    world.addProject('elsewhere', `organizations/${OTHER_ORGANIZATION}`);
    world.addProject('dying-project', organization);
    const dying = world.resources.get('projects/dying-project');
    if (dying !== undefined) dying.state = 'DELETE_REQUESTED';
    world.roles.set(RUNNER_ROLE, {
      name: RUNNER_ROLE,
      title: 'Axiom Runner',
      stage: 'GA',
      includedPermissions: RUNNER_PERMISSIONS,
    });
    world.roles.set('projects/shop-prod/roles/cashier', {
      name: 'projects/shop-prod/roles/cashier',
      title: 'Cashier',
      stage: 'GA',
      includedPermissions: ['shop.sell'],
    });
    world.addAccount('deployer', 'shop-prod');
    world.bind('projects/shop-prod', 'roles/browser', 'serviceAccount:deployer@shop-prod.iam.gserviceaccount.com');
    world.addPerson('user', 'admin@example.com');
    world.bind(organization, 'roles/owner', 'user:admin@example.com');
    const runner = world.addAccount('axiom-runner', 'axiom-integration');
    world.bind(organization, RUNNER_ROLE, `serviceAccount:${runner.email}`);
    world.bind('projects/elsewhere', 'roles/browser', `serviceAccount:${runner.email}`);
    world.bind(
      'serviceAccounts/deployer@shop-prod.iam.gserviceaccount.com',
      'roles/iam.serviceAccountTokenCreator',
      `serviceAccount:${runner.email}`,
    );
    world.policyOf('projects/shop-prod').auditConfigs = [{ service: 'allServices', auditLogConfigs: [{ logType: 'DATA_READ' }] }];
    world.policyOf('folders/100').auditConfigs = [{ service: 'storage.googleapis.com', auditLogConfigs: [{ logType: 'DATA_WRITE' }] }];
    return new Organization(cloud, runner);
  }

  /** The secret that opens it. @param account whose key it has */
  secret(changes: Readonly<Record<string, unknown>> = {}, account = this.runner): Readonly<Record<string, unknown>> {
    return {
      ...this.cloud.world.newKeyFile(account, this.cloud.url),
      gcp_organization_id: ORGANIZATION,
      api_base_url: this.cloud.url,
      ...changes,
    };
  }

  newRunner(secret = this.secret()): RunnerHarness<GcpSecret, GcpState> {
    const runner = new RunnerHarness(gcp, SYSTEM, secret);
    this.#runners.push(runner);
    return runner;
  }

  newServiceAccount(): Principal {
    this.#principals += 1;
    return { kind: 'serviceaccount', id: this.cloud.world.addAccount(`worker-${this.#principals}`, 'sandbox').email };
  }

  newPerson(kind: 'user' | 'group', name?: string): Principal {
    this.#principals += 1;
    return { kind, id: this.cloud.world.addPerson(kind, `${name ?? `person-${this.#principals}`}@example.com`) };
  }

  /** Whether somebody may do, on a resource, all that a role allows. */
  has(principal: Principal, role: string, resource: string): boolean {
    const held = permissionsOf(this.cloud.world, memberOf(principal), resource);
    const needed = this.cloud.world.roles.get(role)?.includedPermissions ?? [];
    return needed.length > 0 && needed.every((permission) => held.has(permission));
  }

  /** Bindings that a runner made. */
  bindingsOfRunner(): string[] {
    return [...this.cloud.world.policies.entries()].flatMap(([resource, { bindings }]) =>
      bindings.flatMap(({ condition }) => (condition?.title?.startsWith('axm_') === true ? [`${resource} ${condition.title}`] : [])),
    );
  }

  async stop(): Promise<void> {
    for (const runner of this.#runners) await runner.stop();
    await this.cloud.vendor.stop();
  }
}

/** As in bindings. */
export function memberOf({ kind, id }: Principal): string {
  return `${PREFIXES[kind]}:${id}`;
}

/** The name of the resource that a target is. */
export function resourceOf({ kind, path }: { readonly kind: string; readonly path: readonly string[] }): string {
  return `${kind}s/${path.at(-1)}`;
}
