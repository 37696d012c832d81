/** Who holds something: a user, or a group for all its members. */
export interface Holder {
  readonly kind: 'user' | 'group';
  readonly id: string;
}

export interface FakeUser {
  readonly id: string;
  readonly login: string;
  readonly name: string;
  status: 'ACTIVE' | 'DEPROVISIONED' | 'SUSPENDED';
}

export interface FakeGroup {
  readonly id: string;
  readonly name: string;
  readonly type: 'OKTA_GROUP' | 'BUILT_IN' | 'APP_GROUP';
  readonly members: Set<string>;
}

export interface FakeApp {
  readonly id: string;
  readonly label: string;
  status: 'ACTIVE' | 'INACTIVE';
  /** Whether each assignment needs a password of the user for the app. */
  readonly wantsPassword: boolean;
  readonly groups: Set<string>;
  /** Scope of each assignment, by user. */
  readonly users: Map<string, 'USER' | 'GROUP'>;
}

export interface FakeRole {
  readonly id: string;
  readonly type: string;
  readonly holder: Holder;
  /** Groups that the role is limited to. */
  readonly groups: string[];
}

export interface FakeBinding {
  readonly set: string;
  readonly role: string;
  /** By the id of the membership. */
  readonly members: Map<string, Holder>;
}

/** An org: what is in it, and what follows from what. */
export class OktaWorld {
  readonly host = 'example.okta.com';
  readonly orgId: string;
  readonly users = new Map<string, FakeUser>();
  readonly groups = new Map<string, FakeGroup>();
  readonly apps = new Map<string, FakeApp>();
  readonly roles = new Map<string, FakeRole>();
  readonly customRoles = new Map<string, { readonly id: string; readonly label: string; readonly permissions: readonly string[] }>();
  readonly resourceSets = new Map<string, { readonly id: string; readonly label: string }>();
  readonly bindings: FakeBinding[] = [];
  /** Users by their API tokens. */
  readonly tokens = new Map<string, string>();
  #ids = 0;

  constructor() {
    this.orgId = this.newId('00o');
  }

  /** 20 letters and digits; ids of a kind grow. */
  newId(prefix: string): string {
    this.#ids += 1;
    return `${prefix}${this.#ids.toString(36).padStart(14, '0')}0g4`;
  }

  addUser(login: string, name = 'Ann Example'): FakeUser {
    const user: FakeUser = { id: this.newId('00u'), login, name, status: 'ACTIVE' };
    this.users.set(user.id, user);
    for (const group of this.groups.values()) if (group.type === 'BUILT_IN') group.members.add(user.id);
    return user;
  }

  addGroup(name: string, type: FakeGroup['type'] = 'OKTA_GROUP'): FakeGroup {
    const group: FakeGroup = { id: this.newId('00g'), name, type, members: new Set() };
    this.groups.set(group.id, group);
    return group;
  }

  addApp(label: string, wantsPassword = false): FakeApp {
    const app: FakeApp = { id: this.newId('0oa'), label, status: 'ACTIVE', wantsPassword, groups: new Set(), users: new Map() };
    this.apps.set(app.id, app);
    return app;
  }

  addRole(holder: Holder, type: string, groups: string[] = []): FakeRole {
    const role: FakeRole = { id: this.newId(holder.kind === 'user' ? 'ra1' : 'gra'), type, holder, groups };
    this.roles.set(role.id, role);
    return role;
  }

  addCustomRole(label: string, permissions: readonly string[]) {
    const role = { id: this.newId('cr0'), label, permissions };
    this.customRoles.set(role.id, role);
    return role;
  }

  addResourceSet(label: string) {
    const set = { id: this.newId('iam'), label };
    this.resourceSets.set(set.id, set);
    return set;
  }

  addToken(token: string, user: FakeUser): void {
    this.tokens.set(token, user.id);
  }

  addMember(group: FakeGroup, userId: string): void {
    group.members.add(userId);
    this.#spread();
  }

  removeMember(group: FakeGroup, userId: string): void {
    group.members.delete(userId);
    this.#spread();
  }

  addAppGroup(app: FakeApp, group: FakeGroup): void {
    app.groups.add(group.id);
    this.#spread();
  }

  removeAppGroup(app: FakeApp, group: FakeGroup): void {
    app.groups.delete(group.id);
    this.#spread();
  }

  /** Whether a group of the user gives the app. */
  isGivenByGroup(app: FakeApp, userId: string): boolean {
    return this.groupsOf(userId).some(({ id }) => app.groups.has(id));
  }

  groupsOf(userId: string): FakeGroup[] {
    return [...this.groups.values()].filter(({ members }) => members.has(userId));
  }

  /** Roles of a user, those of its groups included. */
  rolesOf(userId: string): FakeRole[] {
    return [...this.roles.values()].filter(({ holder }) => this.isHeldBy(holder, userId));
  }

  /** Bindings that reach a user, with the member through which they do. */
  bindingsOf(userId: string): { readonly binding: FakeBinding; readonly member: string; readonly holder: Holder }[] {
    return this.bindings.flatMap((binding) =>
      [...binding.members].filter(([, holder]) => this.isHeldBy(holder, userId)).map(([member, holder]) => ({ binding, member, holder })),
    );
  }

  bindingOf(set: string, role: string): FakeBinding | undefined {
    return this.bindings.find((binding) => binding.set === set && binding.role === role);
  }

  bind(set: string, role: string, holder: Holder): void {
    const known = this.bindingOf(set, role);
    const binding = known ?? { set, role, members: new Map<string, Holder>() };
    if (known === undefined) this.bindings.push(binding);
    if (![...binding.members.values()].some(({ id }) => id === holder.id)) binding.members.set(this.newId('irb'), holder);
  }

  /** A binding goes with its last member. */
  unbind(binding: FakeBinding, member: string): void {
    binding.members.delete(member);
    if (binding.members.size === 0) this.bindings.splice(this.bindings.indexOf(binding), 1);
  }

  isHeldBy(holder: Holder, userId: string): boolean {
    return holder.kind === 'user' ? holder.id === userId : (this.groups.get(holder.id)?.members.has(userId) ?? false);
  }

  /** Assignments through groups follow the groups; a user's own stays. */
  #spread(): void {
    for (const app of this.apps.values()) {
      for (const [user, scope] of app.users) if (scope === 'GROUP' && !this.isGivenByGroup(app, user)) app.users.delete(user);
      for (const group of app.groups) {
        for (const user of this.groups.get(group)?.members ?? []) if (!app.users.has(user)) app.users.set(user, 'GROUP');
      }
    }
  }
}
