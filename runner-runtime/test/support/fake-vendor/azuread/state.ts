import { createHash } from 'node:crypto';
import { Replicas } from './replicas.js';

export const TENANT = '0f3a8c52-5d1e-4b7a-9c64-2e8f10b7d9a3';
export const DOMAIN = 'contoso.onmicrosoft.com';

export interface User {
  readonly id: string;
  readonly userPrincipalName: string;
  readonly displayName: string;
  readonly accountEnabled: boolean;
  readonly userType: string;
}

export interface Group {
  readonly id: string;
  readonly displayName: string;
  readonly groupTypes: readonly string[];
  readonly mailEnabled: boolean;
  readonly securityEnabled: boolean;
  readonly isAssignableToRole: boolean | null;
  readonly onPremisesSyncEnabled: boolean | null;
}

export interface AppRole {
  readonly id: string;
  readonly value: string | null;
  readonly displayName: string;
  readonly description: string;
  readonly isEnabled: boolean;
  readonly allowedMemberTypes: readonly string[];
}

export interface ServicePrincipal {
  readonly id: string;
  readonly appId: string;
  readonly displayName: string;
  readonly accountEnabled: boolean;
  readonly servicePrincipalType: string;
  readonly appOwnerOrganizationId: string | null;
  readonly appRoles: readonly AppRole[];
}

export interface RoleDefinition {
  readonly id: string;
  readonly templateId: string;
  readonly displayName: string;
  readonly description: string;
  readonly isBuiltIn: boolean;
  readonly isEnabled: boolean;
  readonly rolePermissions: readonly { readonly allowedResourceActions: readonly string[] }[];
}

/** Whose hand made something: a caller of the interface, or another administrator. */
export type Origin = 'interface' | 'hand';

export interface RoleAssignment {
  readonly id: string;
  readonly principalId: string;
  readonly roleDefinitionId: string;
  readonly directoryScopeId: string;
  /** `Activated` by an eligible principal for itself. */
  readonly assignmentType: 'Assigned' | 'Activated';
  readonly endDateTime: string | null;
  readonly origin: Origin;
}

export interface AppRoleAssignment {
  readonly id: string;
  readonly principalId: string;
  readonly resourceId: string;
  readonly appRoleId: string;
  readonly origin: Origin;
}

/** An application that may sign in. */
export interface Registration {
  readonly clientId: string;
  readonly secret: string;
  readonly isSecretExpired: boolean;
  readonly servicePrincipalId: string;
  /** Application permissions with consent. */
  readonly roles: readonly string[];
}

/** A directory: what stands behind the interface, and what tests change by hand. */
export class Directory {
  #made = 0;
  readonly replicas = new Replicas(1);
  /** Whether Privileged Identity Management is licensed. */
  isLicensed = true;
  /** Whether Privileged Identity Management has seen yet what was assigned otherwise. */
  isSynchronised = true;
  /** Rules of a role's settings that refuse an assignment. */
  failedRules: readonly string[] = [];
  readonly users = new Map<string, User>();
  readonly groups = new Map<string, Group>();
  readonly servicePrincipals = new Map<string, ServicePrincipal>();
  readonly roleDefinitions = new Map<string, RoleDefinition>();
  readonly registrations = new Map<string, Registration>();
  /** Members of each group. */
  readonly members = new Map<string, Map<string, Origin>>();
  readonly roleAssignments = new Map<string, RoleAssignment>();
  readonly appRoleAssignments = new Map<string, AppRoleAssignment>();

  /** A new object id, the same in every run. */
  newId(): string {
    this.#made += 1;
    return guid(`object ${this.#made}`);
  }

  newUser(userPrincipalName = `user-${this.#made}@${DOMAIN}`): User {
    const id = this.newId();
    const user = { id, userPrincipalName, displayName: `Üser “${userPrincipalName}”`, accountEnabled: true, userType: 'Member' };
    this.users.set(id, user);
    return user;
  }

  newGroup(facts: Partial<Group> = {}): Group {
    const group: Group = {
      id: this.newId(),
      displayName: `group ${this.#made}`,
      groupTypes: [],
      mailEnabled: false,
      securityEnabled: true,
      isAssignableToRole: null,
      onPremisesSyncEnabled: null,
      ...facts,
    };
    this.groups.set(group.id, group);
    this.members.set(group.id, new Map());
    return group;
  }

  newServicePrincipal(facts: Partial<ServicePrincipal> = {}): ServicePrincipal {
    const made: ServicePrincipal = {
      id: this.newId(),
      appId: this.newId(),
      displayName: `application ${this.#made}`,
      accountEnabled: true,
      servicePrincipalType: 'Application',
      appOwnerOrganizationId: TENANT,
      appRoles: [],
      ...facts,
    };
    this.servicePrincipals.set(made.id, made);
    return made;
  }

  newAppRole(value: string | null, facts: Partial<AppRole> = {}): AppRole {
    return {
      id: this.newId(),
      value,
      displayName: `role ${value}`,
      description: '',
      isEnabled: true,
      allowedMemberTypes: ['User'],
      ...facts,
    };
  }

  newRole(displayName: string, facts: Partial<RoleDefinition> = {}, actions: readonly string[] = []): RoleDefinition {
    const id = facts.id ?? guid(`role ${displayName}`);
    const role = { id, templateId: id, displayName, description: '', isBuiltIn: true, isEnabled: true, ...facts };
    const definition = { ...role, rolePermissions: [{ allowedResourceActions: actions }] };
    this.roleDefinitions.set(id, definition);
    return definition;
  }

  register(name: string, roles: readonly string[], { isSecretExpired = false } = {}): Registration {
    const { id, appId } = this.newServicePrincipal({ displayName: name });
    const registration = {
      clientId: appId,
      secret: `secret~of.${name.replaceAll(' ', '-')}`,
      isSecretExpired,
      servicePrincipalId: id,
      roles,
    };
    this.registrations.set(appId, registration);
    return registration;
  }

  setMember(group: string, member: string, origin: Origin | undefined): void {
    const members = this.members.get(group);
    const stood = members?.has(member) ?? false;
    if (origin === undefined) members?.delete(member);
    else members?.set(member, origin);
    if (stood !== (origin !== undefined)) this.replicas.changed(`${group}/${member}`, stood);
  }

  /** Groups that something is a member of. @param transitive through other groups, too */
  groupsOf(id: string, transitive: boolean): Set<string> {
    const found = new Set<string>();
    const visit = (member: string): void => {
      for (const [group, members] of this.members) {
        if (!members.has(member) || found.has(group)) continue;
        found.add(group);
        if (transitive) visit(group);
      }
    };
    visit(id);
    return found;
  }

  /** @returns nothing where the principal has such an assignment already */
  addRoleAssignment(assignment: Omit<RoleAssignment, 'id'>): RoleAssignment | undefined {
    const { principalId, roleDefinitionId, directoryScopeId, assignmentType } = assignment;
    const key = `${roleDefinitionId}/${principalId}/${directoryScopeId}/${assignmentType}`;
    const id = `${opaque(key)}-1`;
    if (this.roleAssignments.has(id)) return undefined;
    if (directoryScopeId === '/') this.replicas.changed(`${principalId}/${roleDefinitionId}`, this.hasRole(principalId, roleDefinitionId));
    this.roleAssignments.set(id, { ...assignment, id });
    return this.roleAssignments.get(id);
  }

  removeRoleAssignment(id: string): boolean {
    const found = this.roleAssignments.get(id);
    if (found === undefined) return false;
    if (found.directoryScopeId === '/') this.replicas.changed(`${found.principalId}/${found.roleDefinitionId}`, true);
    return this.roleAssignments.delete(id);
  }

  /** Whether somebody has a role in the whole tenant. */
  hasRole(principalId: string, roleDefinitionId: string): boolean {
    return [...this.roleAssignments.values()].some(
      (one) => one.principalId === principalId && one.roleDefinitionId === roleDefinitionId && one.directoryScopeId === '/',
    );
  }

  addAppRoleAssignment(assignment: Omit<AppRoleAssignment, 'id'>): AppRoleAssignment | undefined {
    const { principalId, resourceId, appRoleId } = assignment;
    const id = opaque(`${principalId}/${resourceId}/${appRoleId}`);
    if (this.appRoleAssignments.has(id)) return undefined;
    this.replicas.changed(id, false);
    this.appRoleAssignments.set(id, { ...assignment, id });
    return this.appRoleAssignments.get(id);
  }

  removeAppRoleAssignment(id: string): boolean {
    if (this.appRoleAssignments.has(id)) this.replicas.changed(id, true);
    return this.appRoleAssignments.delete(id);
  }

  /** Id of an assignment, whether it stands or not. */
  appRoleAssignmentId({ principalId, resourceId, appRoleId }: Omit<AppRoleAssignment, 'id' | 'origin'>): string {
    return opaque(`${principalId}/${resourceId}/${appRoleId}`);
  }

  /** `User`, `Group` or `ServicePrincipal`. */
  typeOf(id: string): 'User' | 'Group' | 'ServicePrincipal' | undefined {
    if (this.users.has(id)) return 'User';
    if (this.groups.has(id)) return 'Group';
    return this.servicePrincipals.has(id) ? 'ServicePrincipal' : undefined;
  }

  /** What was made through the interface and still stands. */
  leftovers(): string[] {
    const members = [...this.members].flatMap(([group, held]) =>
      [...held].filter(([, origin]) => origin === 'interface').map(([member]) => `member ${member} of ${group}`),
    );
    const assignments = [...this.roleAssignments.values(), ...this.appRoleAssignments.values()];
    return [...members, ...assignments.filter(({ origin }) => origin === 'interface').map(({ id }) => `assignment ${id}`)];
  }
}

/** An id in the form of a GUID, the same for the same text. */
export function guid(of: string): string {
  const hex = createHash('sha256').update(of).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function opaque(of: string): string {
  return createHash('sha256').update(of).digest('base64url');
}
