/** Attributes of an edge to a device. */
export interface Sudo {
  readonly enabled: boolean;
  readonly withoutPassword: boolean;
}
export type Binds = Map<string, Sudo | undefined>;

export interface FakeUser {
  readonly id: string;
  readonly username: string;
  readonly email: string;
  suspended: boolean;
  sudo: boolean;
}

export interface FakeGroup {
  readonly id: string;
  readonly name: string;
  readonly method: string;
  readonly members: Set<string>;
}

export interface FakeApplication {
  readonly id: string;
  readonly label: string;
  active: boolean;
  /** Ids of users and of user groups. */
  readonly user: Set<string>;
  readonly user_group: Set<string>;
}

export interface FakeDevice {
  readonly id: string;
  readonly name: string;
  readonly user: Binds;
  readonly user_group: Binds;
}

export interface FakeDeviceGroup extends FakeDevice {
  readonly devices: Set<string>;
}

export interface FakeRequest {
  readonly accessId: string;
  readonly userId: string;
  readonly deviceId: string;
  readonly remarks: string;
  sudo: Sudo | undefined;
  /** Unix seconds. */
  expiry: number;
  revoked: boolean;
}

/** An administrator's API key. */
export interface FakeKey {
  readonly email: string;
  readonly role: string;
  /** Ids of the organizations that it opens. */
  readonly organizations: readonly string[];
}

/** The directory of one organization, and the keys to it. */
export class JumpCloudWorld {
  readonly organizations = new Map<string, string>();
  readonly keys = new Map<string, FakeKey>();
  readonly users = new Map<string, FakeUser>();
  readonly groups = new Map<string, FakeGroup>();
  readonly applications = new Map<string, FakeApplication>();
  readonly devices = new Map<string, FakeDevice>();
  readonly deviceGroups = new Map<string, FakeDeviceGroup>();
  readonly requests = new Map<string, FakeRequest>();
  /** Unix seconds. */
  now = (): number => Date.now() / 1000;
  #ids = 0;

  /** Ids begin with the second in which they were made, so they grow. */
  newId(): string {
    this.#ids += 1;
    return `65a0c0de${this.#ids.toString(16).padStart(16, '0')}`;
  }

  addOrganization(name: string): string {
    const id = this.newId();
    this.organizations.set(id, name);
    return id;
  }

  addUser(username: string, email = `${username}@example.com`): FakeUser {
    return added(this.users, { id: this.newId(), username, email, suspended: false, sudo: false });
  }

  addGroup(name: string, method = 'STATIC'): FakeGroup {
    return added(this.groups, { id: this.newId(), name, method, members: new Set<string>() });
  }

  addApplication(label: string): FakeApplication {
    return added(this.applications, { id: this.newId(), label, active: true, user: new Set<string>(), user_group: new Set<string>() });
  }

  addDevice(name: string): FakeDevice {
    return added(this.devices, { id: this.newId(), name, user: new Map(), user_group: new Map() });
  }

  addDeviceGroup(name: string): FakeDeviceGroup {
    return added(this.deviceGroups, { id: this.newId(), name, user: new Map(), user_group: new Map(), devices: new Set<string>() });
  }

  addRequest(request: Omit<FakeRequest, 'accessId' | 'revoked'>): FakeRequest {
    const accessId = this.newId();
    const made = { ...request, accessId, revoked: false };
    this.requests.set(accessId, made);
    return made;
  }

  groupsOf(userId: string): readonly FakeGroup[] {
    return [...this.groups.values()].filter(({ members }) => members.has(userId));
  }

  isGranted({ revoked, expiry }: FakeRequest): boolean {
    return !revoked && expiry > this.now();
  }

  grantedOn(deviceId: string, userId: string): readonly FakeRequest[] {
    return [...this.requests.values()].filter(
      (request) => request.deviceId === deviceId && request.userId === userId && this.isGranted(request),
    );
  }

  /** What is left of somebody who is deleted. */
  removeUser({ id }: FakeUser): void {
    this.users.delete(id);
    for (const { members } of this.groups.values()) members.delete(id);
    for (const { user } of [...this.applications.values(), ...this.devices.values(), ...this.deviceGroups.values()]) user.delete(id);
    for (const request of this.requests.values()) if (request.userId === id) request.revoked = true;
  }
}

function added<Thing extends { readonly id: string }>(things: Map<string, Thing>, thing: Thing): Thing {
  things.set(thing.id, thing);
  return thing;
}
