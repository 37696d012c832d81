import { azuread } from '../../../src/integrations/azuread/integration.js';
import type { AzureadSecret } from '../../../src/integrations/azuread/secret.js';
import type { AzureadState } from '../../../src/integrations/azuread/state.js';
import { type Entra, startEntra } from '../../support/fake-vendor/azuread/entra.js';
import { type Group, type Registration, type ServicePrincipal, TENANT } from '../../support/fake-vendor/azuread/state.js';
import { RunnerHarness, type Wish } from '../runner-harness.js';

export const SYSTEM = { type: 'azuread', id: TENANT };
export const GLOBAL_ADMINISTRATOR = 'Global Administrator';

/** What the documentation asks for to use everything. */
export const PERMISSIONS = [
  'User.Read.All',
  'GroupMember.ReadWrite.All',
  'RoleManagement.Read.Directory',
  'RoleAssignmentSchedule.ReadWrite.Directory',
  'Application.Read.All',
  'AppRoleAssignment.ReadWrite.All',
];

type GrantedWish = Omit<Wish, 'principal'>;

/** A tenant with some of everything, and the hands of its administrator. */
export class Tenant {
  private constructor(
    readonly entra: Entra,
    readonly registration: Registration,
    readonly group: Group,
    readonly app: ServicePrincipal,
  ) {}

  static async start(permissions: readonly string[] = PERMISSIONS): Promise<Tenant> {
    const entra = await startEntra();
    const { directory } = entra;
    const registration = directory.register('runner', permissions);
    directory.newRole('User Administrator', {}, [
      'microsoft.directory/users/password/update',
      'microsoft.directory/applications/owners/read',
    ]);
    directory.newRole('Reports Reader');
    directory.newRole(GLOBAL_ADMINISTRATOR, { id: '62e90394-69f5-4237-9190-012177145e10' });
    const appRoles = [directory.newAppRole('Reader'), directory.newAppRole('Service', { allowedMemberTypes: ['Application'] })];
    const app = directory.newServicePrincipal({ displayName: 'Billing', appRoles });
    return new Tenant(entra, registration, directory.newGroup({ displayName: 'People' }), app);
  }

  stop(): Promise<void> {
    return this.entra.vendor.stop();
  }

  secret({ clientId, secret }: Registration = this.registration): Record<string, string> {
    return { azuread_tenant_id: TENANT, azuread_client_id: clientId, azuread_client_secret: secret, api_base_url: this.entra.vendor.url };
  }

  /** A runner that opens the tenant. */
  runner(registration?: Registration): RunnerHarness<AzureadSecret, AzureadState> {
    return new RunnerHarness(azuread, SYSTEM, this.secret(registration));
  }

  has(principalId: string, wish: GrantedWish): boolean {
    const { directory } = this.entra;
    const [target = ''] = wish.target.path;
    if (wish.target.kind === 'group') return directory.members.get(target)?.has(principalId) ?? false;
    if (wish.target.kind === 'directory') return directory.hasRole(principalId, this.#roleId(wish.permission));
    return directory.appRoleAssignments.has(directory.appRoleAssignmentId(this.#appRole(principalId, wish)));
  }

  give(principalId: string, wish: GrantedWish): void {
    const { directory } = this.entra;
    if (wish.target.kind === 'group') directory.setMember(wish.target.path[0] ?? '', principalId, 'hand');
    else if (wish.target.kind === 'directory') {
      const roleDefinitionId = this.#roleId(wish.permission);
      const facts = { directoryScopeId: '/', assignmentType: 'Assigned', endDateTime: null, origin: 'hand' } as const;
      directory.addRoleAssignment({ principalId, roleDefinitionId, ...facts });
    } else directory.addAppRoleAssignment({ ...this.#appRole(principalId, wish), origin: 'hand' });
    this.#settle();
  }

  take(principalId: string, wish: GrantedWish): void {
    const { directory } = this.entra;
    if (wish.target.kind === 'group') directory.setMember(wish.target.path[0] ?? '', principalId, undefined);
    else if (wish.target.kind === 'directory') {
      const roleDefinitionId = this.#roleId(wish.permission);
      for (const one of directory.roleAssignments.values())
        if (one.principalId === principalId && one.roleDefinitionId === roleDefinitionId) directory.removeRoleAssignment(one.id);
    } else directory.removeAppRoleAssignment(directory.appRoleAssignmentId(this.#appRole(principalId, wish)));
    this.#settle();
  }

  /** What was done by hand was done long ago. */
  #settle(): void {
    this.entra.directory.replicas.settle();
  }

  #roleId(name: string): string {
    return [...this.entra.directory.roleDefinitions.values()].find(({ displayName }) => displayName === name)?.id ?? '';
  }

  #appRole(principalId: string, { target, permission }: GrantedWish) {
    const [resourceId = ''] = target.path;
    const roles = this.entra.directory.servicePrincipals.get(resourceId)?.appRoles ?? [];
    const appRoleId = roles.find(({ value }) => value === permission)?.id ?? '00000000-0000-0000-0000-000000000000';
    return { principalId, resourceId, appRoleId };
  }
}
