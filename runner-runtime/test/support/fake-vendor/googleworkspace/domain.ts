import { randomBytes } from 'node:crypto';

export interface FakeUser {
  readonly id: string;
  primaryEmail: string;
  fullName: string;
  aliases: string[];
  suspended: boolean;
  /** A super administrator. */
  isAdmin: boolean;
}

export interface FakeGroup {
  readonly id: string;
  email: string;
  name: string;
  /** Whether roles of administrators may be given to it. */
  security: boolean;
}

export interface FakeMember {
  readonly id: string;
  readonly email: string;
  readonly type: 'USER' | 'GROUP' | 'CUSTOMER';
  role: string;
  /** Native expiry, unix seconds. */
  expiresAt?: number | undefined;
  /** Whether it came through the interface, and not by hand. */
  readonly byInterface: boolean;
}

export interface FakeRole {
  readonly roleId: string;
  readonly roleName: string;
  readonly roleDescription: string;
  readonly isSystemRole: boolean;
  readonly isSuperAdminRole: boolean;
}

export interface FakeAssignment {
  readonly roleAssignmentId: string;
  readonly roleId: string;
  readonly assignedTo: string;
  readonly assigneeType: 'user' | 'group';
  readonly scopeType: string;
  readonly orgUnitId?: string;
  readonly byInterface: boolean;
}

/** The state of one organization, and the hands of somebody who administers it. */
export class Domain {
  readonly customerId = 'C01ab2cd3';
  readonly name = 'example.com';
  readonly users = new Map<string, FakeUser>();
  readonly groups = new Map<string, FakeGroup>();
  /** By group, then by id of the member. */
  readonly members = new Map<string, Map<string, FakeMember>>();
  readonly roles = new Map<string, FakeRole>();
  readonly assignments = new Map<string, FakeAssignment>();
  /** By id, their paths. */
  readonly orgUnits = new Map<string, string>();
  /** How many reads of a membership still show what stood before its change. */
  lag = 0;
  readonly #stale = new Map<string, { readonly member: FakeMember | undefined; left: number }>();
  #last = 0;

  addUser(local: string, more: Partial<FakeUser> = {}): FakeUser {
    const id = `1${this.#next(20)}`;
    const user = {
      id,
      primaryEmail: `${local}@${this.name}`,
      fullName: `User ${local}`,
      aliases: [],
      suspended: false,
      isAdmin: false,
      ...more,
    };
    this.users.set(id, user);
    return user;
  }

  addGroup(local: string, more: Partial<FakeGroup> = {}): FakeGroup {
    const group = { id: `01${this.#next(11)}xb`, email: `${local}@${this.name}`, name: `Group ${local}`, security: false, ...more };
    this.groups.set(group.id, group);
    this.members.set(group.id, new Map());
    return group;
  }

  addRole(roleName: string, more: Partial<FakeRole> = {}): FakeRole {
    const role = {
      roleId: `38${this.#next(15)}`,
      roleName,
      roleDescription: `Role ${roleName}`,
      isSystemRole: roleName.startsWith('_'),
      isSuperAdminRole: false,
      ...more,
    };
    this.roles.set(role.roleId, role);
    return role;
  }

  addOrgUnit(path: string): string {
    const id = `03ph${this.#next(11)}`;
    this.orgUnits.set(id, path);
    return id;
  }

  assign(wanted: Omit<FakeAssignment, 'roleAssignmentId' | 'assigneeType'>): FakeAssignment {
    const assigneeType = this.groups.has(wanted.assignedTo) ? 'group' : 'user';
    const assignment = { ...wanted, assigneeType, roleAssignmentId: `39${this.#next(15)}` } as const;
    this.assignments.set(assignment.roleAssignmentId, assignment);
    return assignment;
  }

  user(key: string): FakeUser | undefined {
    const email = key.toLowerCase();
    return (
      this.users.get(key) ??
      [...this.users.values()].find((user) => [user.primaryEmail, ...user.aliases].some((one) => one.toLowerCase() === email))
    );
  }

  group(key: string): FakeGroup | undefined {
    return this.groups.get(key) ?? [...this.groups.values()].find((group) => group.email.toLowerCase() === key.toLowerCase());
  }

  /** What stands now, whatever replicas show. */
  member(group: string, member: string): FakeMember | undefined {
    const of = this.members.get(group);
    return of?.get(member) ?? [...(of?.values() ?? [])].find(({ email }) => email.toLowerCase() === member.toLowerCase());
  }

  /** What a replica shows. */
  seenMember(group: string, key: string): FakeMember | undefined {
    const known = this.member(group, key)?.id ?? this.user(key)?.id ?? this.group(key)?.id ?? key;
    const stale = this.#stale.get(`${group}/${known}`);
    if (stale === undefined || stale.left === 0) return this.member(group, known);
    stale.left -= 1;
    return stale.member;
  }

  setMember(group: string, member: FakeMember): void {
    this.#change(group, member.id);
    this.members.get(group)?.set(member.id, member);
  }

  removeMember(group: string, id: string): void {
    this.#change(group, id);
    this.members.get(group)?.delete(id);
  }

  /** Members, with those of groups that are members. */
  isMember(group: string, id: string, seen = new Set<string>()): boolean {
    if (seen.has(group)) return false;
    seen.add(group);
    const of = this.members.get(group) ?? new Map<string, FakeMember>();
    if (of.has(id)) return true;
    return [...of.values()].some((member) => member.type === 'CUSTOMER' || (member.type === 'GROUP' && this.isMember(member.id, id, seen)));
  }

  #change(group: string, id: string): void {
    const member = this.members.get(group)?.get(id);
    this.#stale.set(`${group}/${id}`, { member: member && { ...member }, left: this.lag });
  }

  #next(digits: number): string {
    this.#last += 1;
    return String(this.#last).padStart(digits, '0');
  }
}

export function etag(): string {
  return `"${randomBytes(12).toString('base64url')}/${randomBytes(12).toString('base64url')}"`;
}
