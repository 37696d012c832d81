import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { PREDEFINED_ROLES, type Role } from './predefined-roles.js';

export interface Resource {
  /** `folders/456`, `projects/shop-prod` */
  readonly name: string;
  readonly parent?: string;
  state: 'ACTIVE' | 'DELETE_REQUESTED';
  readonly displayName?: string;
  /** Projects have a number besides. */
  readonly number?: string;
}

export interface Condition {
  readonly title?: string;
  readonly description?: string;
  readonly expression: string;
}

export interface Binding {
  readonly role: string;
  readonly members: readonly string[];
  readonly condition?: Condition;
}

export interface Policy {
  bindings: readonly Binding[];
  auditConfigs: readonly unknown[];
  revision: number;
}

export interface Account {
  readonly email: string;
  readonly projectId: string;
  readonly uniqueId: string;
  disabled: boolean;
  /** By key id. */
  readonly keys: Map<string, KeyObject>;
}

export interface Token {
  readonly email: string;
  /** Unix seconds. */
  readonly expiresAt: number;
}

/** What Google Cloud knows: resources, policies, roles, service accounts, and the people of the directory. */
export class World {
  /** Unix seconds. */
  now: number;
  readonly resources = new Map<string, Resource>();
  readonly policies = new Map<string, Policy>();
  readonly roles = new Map<string, Role>(PREDEFINED_ROLES.map((role) => [role.name, role]));
  readonly accounts = new Map<string, Account>();
  /** Users and groups by address. */
  readonly people = new Map<string, 'user' | 'group'>();
  /** Primary address by alias. */
  readonly aliases = new Map<string, string>();
  readonly tokens = new Map<string, Token>();
  /** Hosts of interfaces that are not enabled. */
  readonly disabledApis = new Set<string>();
  /** Domain that members must be of, where an organization policy says so. */
  permittedDomain: string | undefined;
  /** Whether the clock of the caller matters. */
  strictClock = false;
  #ids = 1000;

  constructor(now: number) {
    this.now = now;
  }

  newId(): string {
    this.#ids += 1;
    return String(this.#ids);
  }

  addOrganization(id: string, displayName: string): string {
    return this.#add({ name: `organizations/${id}`, state: 'ACTIVE', displayName });
  }

  addFolder(id: string, parent: string, displayName = `Folder ${id}`): string {
    return this.#add({ name: `folders/${id}`, parent, state: 'ACTIVE', displayName });
  }

  addProject(id: string, parent: string): string {
    return this.#add({ name: `projects/${id}`, parent, state: 'ACTIVE', number: this.newId() });
  }

  addAccount(name: string, projectId: string): Account {
    const email = `${name}@${projectId}.iam.gserviceaccount.com`;
    const account: Account = { email, projectId, uniqueId: `10000000000000${this.newId()}`, disabled: false, keys: new Map() };
    this.accounts.set(email, account);
    this.policies.set(`serviceAccounts/${email}`, { bindings: [], auditConfigs: [], revision: 1 });
    return account;
  }

  addPerson(kind: 'user' | 'group', email: string): string {
    this.people.set(email.toLowerCase(), kind);
    return email;
  }

  /** A key file, as the console writes it, with the addresses of this world. */
  newKeyFile(account: Account, url: string): Readonly<Record<string, string>> {
    const { privateKey, publicKey } = KEYS.next();
    const id = randomBytes(20).toString('hex');
    account.keys.set(id, publicKey);
    return {
      type: 'service_account',
      project_id: account.projectId,
      private_key_id: id,
      private_key: privateKey,
      client_email: account.email,
      client_id: account.uniqueId,
      auth_uri: 'https://accounts.google.com/o/oauth2/auth',
      token_uri: `${url}/token`,
    };
  }

  /** As an administrator does it in the console. */
  bind(resource: string, role: string, member: string, condition?: Condition): void {
    const policy = this.policyOf(resource);
    policy.bindings = [...policy.bindings, { role, members: [member], ...(condition && { condition }) }];
    policy.revision += 1;
  }

  unbind(resource: string, isMeant: (binding: Binding) => boolean): void {
    const policy = this.policyOf(resource);
    policy.bindings = policy.bindings.filter((binding) => !isMeant(binding));
    policy.revision += 1;
  }

  policyOf(resource: string): Policy {
    const policy = this.policies.get(resource);
    if (policy === undefined) throw new Error(`no such resource: ${resource}`);
    return policy;
  }

  issueToken(email: string, seconds: number): { readonly text: string; readonly expiresAt: number } {
    const text = `ya29.c.${randomBytes(32).toString('base64url')}`;
    const expiresAt = this.now + seconds;
    this.tokens.set(text, { email, expiresAt });
    return { text, expiresAt };
  }

  #add(resource: Resource): string {
    this.resources.set(resource.name, resource);
    this.policies.set(resource.name, { bindings: [], auditConfigs: [], revision: 1 });
    return resource.name;
  }
}

/** RSA keys take a while to make: a few serve all. */
const KEYS = {
  made: [] as { readonly privateKey: string; readonly publicKey: KeyObject }[],
  used: 0,
  next() {
    const index = this.used % 3;
    this.used += 1;
    const known = this.made[index];
    if (known !== undefined) return known;
    const { privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    const pair = { privateKey, publicKey: createPublicKey(privateKey) };
    this.made.push(pair);
    return pair;
  },
};
