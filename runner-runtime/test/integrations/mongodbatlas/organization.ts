import type { Principal, System, Target } from '@axiom-runner/protocol';
import { FakeAtlas } from '../../support/fake-vendor/mongodbatlas/atlas.js';
import type { ApiKey, Cluster, DatabaseUser, KeyRole, Project, User } from '../../support/fake-vendor/mongodbatlas/world.js';
import { START_SECONDS, type Wish } from '../runner-harness.js';

type GrantedWish = Omit<Wish, 'principal'>;

/** An organization in Atlas, and the hands of its owner. */
export class Organization {
  readonly payments: Project;
  readonly website: Project;
  readonly key: ApiKey;
  #people = 0;

  private constructor(readonly fake: FakeAtlas) {
    this.fake.now = () => START_SECONDS;
    this.payments = this.world.addProject('payments', 'Cluster0', 'reports');
    this.website = this.world.addProject('website', 'Cluster0');
    this.key = this.world.addKey([{ orgId: this.world.org.id, roleName: 'ORG_OWNER' }]);
  }

  static async start(): Promise<Organization> {
    return new Organization(await FakeAtlas.start());
  }

  get world() {
    return this.fake.world;
  }

  get system(): System {
    return { type: 'mongodbatlas', id: this.world.org.id };
  }

  get secret() {
    return this.secretOf(this.key);
  }

  stop(): Promise<void> {
    return this.fake.stop();
  }

  /** The secret of another key. */
  otherKey(roles: readonly KeyRole[], accessList?: readonly string[]) {
    const key = this.world.addKey(roles, accessList);
    return { key, secret: this.secretOf(key) };
  }

  newUser(username?: string): User {
    this.#people += 1;
    return this.world.addUser(username ?? `person-${this.#people}@example.com`);
  }

  target(kind: string, ...path: readonly string[]): Target {
    return { kind, path: [this.world.org.id, ...path] };
  }

  projectTarget({ id }: Project = this.payments): Target {
    return this.target('project', id);
  }

  /** Whether a person has a role, or is in a team. */
  hasAccess({ kind: who, id }: Principal, { target: { kind, path }, permission }: GrantedWish): boolean {
    const user = this.world.userOf(id);
    const [, place = ''] = path;
    if (who === 'team') return this.world.projects.get(place)?.teams.get(id)?.has(permission) ?? false;
    if (user === undefined) return false;
    if (kind === 'team') return user.teamIds.has(place);
    return kind === 'organization' ? user.orgRoles.has(permission) : (user.groupRoles.get(place)?.has(permission) ?? false);
  }

  /** Whether a login does on its target what a permission promises, on every cluster that the target is on. */
  opens({ username = '', password = '' }: Readonly<Record<string, string>>, { target: { path }, permission }: GrantedWish): boolean {
    const [, project = '', name, database, collection] = path;
    const clusters = [...(this.world.projects.get(project)?.clusters.values() ?? [])].filter(
      (cluster) => name === undefined || cluster.name === name,
    );
    return clusters.every((cluster) => lets(cluster, username, password, permission, database, collection));
  }

  private secretOf({ publicKey, privateKey }: ApiKey) {
    return {
      mongodbatlas_org_id: this.world.org.id,
      mongodbatlas_public_key: publicKey,
      mongodbatlas_private_key: privateKey,
      api_base_url: this.fake.vendor.url,
    };
  }
}

export function user({ id }: User): Principal {
  return { kind: 'user', id };
}

/** What is done on data, by the least permission that allows it. */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  Read: ['find'],
  'Read & Write': ['find', 'insert'],
  Admin: ['find', 'insert', 'createIndex'],
};
const BUILT_IN: Readonly<Record<string, readonly string[]>> = { read: ['find'], readWrite: ['find', 'insert'], dbAdmin: ['createIndex'] };

/** MongoDB's own judgement of what a user may do on a cluster. */
function lets(
  { name, deployed }: Cluster,
  username: string,
  password: string,
  permission: string,
  database = 'any',
  collection = 'any',
): boolean {
  const found = deployed.get(username);
  if (found === undefined || found.password !== password) return false;
  if (found.scopes.length > 0 && !found.scopes.some((scope) => scope.name === name)) return false;
  return (ACTIONS[permission] ?? ['nothing']).every((action) => allows(found, action, database, collection));
}

function allows({ roles }: DatabaseUser, action: string, database: string, collection: string): boolean {
  return roles.some(({ roleName, databaseName, collectionName = collection }) => {
    const isThere = roleName.endsWith('AnyDatabase') || (databaseName === database && collectionName === collection);
    return isThere && BUILT_IN[roleName.replace('AnyDatabase', '')]?.includes(action);
  });
}
