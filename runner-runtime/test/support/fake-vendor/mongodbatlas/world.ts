import { createHash } from 'node:crypto';

/** A role of an API key: in the organization or in a project. */
export interface KeyRole {
  readonly orgId?: string;
  readonly groupId?: string;
  readonly roleName: string;
}

export interface ApiKey {
  readonly id: string;
  readonly publicKey: string;
  readonly privateKey: string;
  readonly roles: KeyRole[];
  readonly accessList: string[];
  /** The refusal of every call, where the caller's address is not on the list. */
  refusal?: 'IP_ADDRESS_NOT_ON_ACCESS_LIST' | 'ORG_REQUIRES_ACCESS_LIST';
}

export interface User {
  readonly id: string;
  readonly username: string;
  readonly status: 'ACTIVE' | 'PENDING';
  readonly orgRoles: Set<string>;
  readonly groupRoles: Map<string, Set<string>>;
  readonly teamIds: Set<string>;
}

export interface DatabaseUser {
  readonly databaseName: string;
  readonly username: string;
  readonly password: string;
  readonly roles: readonly { readonly databaseName: string; readonly roleName: string; readonly collectionName?: string }[];
  readonly scopes: readonly { readonly name: string; readonly type: string }[];
  readonly deleteAfterDate?: string;
}

export interface CustomRole {
  readonly roleName: string;
  readonly actions: readonly {
    readonly action: string;
    readonly resources: readonly { readonly db: string; readonly collection: string }[];
  }[];
}

export interface Cluster {
  readonly name: string;
  paused: boolean;
  /** Looks at its status until the changes are applied. */
  pending: number;
  /** Whom it lets in: it lags behind what the interface shows. */
  deployed: ReadonlyMap<string, DatabaseUser>;
}

export interface Project {
  readonly id: string;
  readonly name: string;
  readonly clusters: Map<string, Cluster>;
  readonly databaseUsers: Map<string, DatabaseUser>;
  readonly customRoles: Map<string, CustomRole>;
  readonly teams: Map<string, Set<string>>;
}

/** An organization in Atlas, and who is in it. */
export class AtlasWorld {
  readonly org = { id: idOf('organization'), name: 'Example-Org' };
  readonly keys = new Map<string, ApiKey>();
  readonly users = new Map<string, User>();
  readonly projects = new Map<string, Project>();
  readonly teams = new Map<string, { readonly id: string; readonly name: string }>();
  /** E-mails of people to whom an invitation was sent. */
  readonly invited: string[] = [];
  /** Looks at a cluster's status after a change, until it is applied. */
  lag = 1;
  #made = 0;

  newId(): string {
    this.#made += 1;
    return idOf(`object ${this.#made}`);
  }

  addKey(roles: readonly KeyRole[], accessList: readonly string[] = ['198.51.100.7']): ApiKey {
    const id = this.newId();
    const key = { id, publicKey: letters(id), privateKey: uuid(id), roles: [...roles], accessList: [...accessList] };
    this.keys.set(key.publicKey, key);
    return key;
  }

  addUser(username: string, status: User['status'] = 'ACTIVE'): User {
    const user: User = { id: this.newId(), username, status, orgRoles: new Set(['ORG_MEMBER']), groupRoles: new Map(), teamIds: new Set() };
    this.users.set(user.id, user);
    return user;
  }

  addProject(name: string, ...clusters: readonly string[]): Project {
    const project: Project = {
      id: this.newId(),
      name,
      clusters: new Map(clusters.map((cluster) => [cluster, newCluster(cluster)])),
      databaseUsers: new Map(),
      customRoles: new Map(),
      teams: new Map(),
    };
    this.projects.set(project.id, project);
    return project;
  }

  addTeam(name: string) {
    const team = { id: this.newId(), name };
    this.teams.set(team.id, team);
    return team;
  }

  userOf(name: string): User | undefined {
    return this.users.get(name) ?? [...this.users.values()].find(({ username }) => username.toLowerCase() === name.toLowerCase());
  }

  /** Something that the clusters of a project must learn has changed. */
  changed({ clusters }: Project): void {
    for (const cluster of clusters.values()) cluster.pending = this.lag;
  }

  /** Brings to a cluster what the interface shows. */
  deploy({ databaseUsers }: Project, cluster: Cluster): void {
    cluster.deployed = new Map(databaseUsers);
  }
}

function newCluster(name: string): Cluster {
  return { name, paused: false, pending: 0, deployed: new Map() };
}

/** 24 hexadecimal digits, the same in every run. */
function idOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 24);
}

function letters(id: string): string {
  return [...id.slice(0, 8)].map((digit) => 'abcdefghijklmnop'.charAt(Number.parseInt(digit, 16))).join('');
}

function uuid(id: string): string {
  const digits = createHash('sha256').update(`private ${id}`).digest('hex');
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20, 32)].join('-');
}
