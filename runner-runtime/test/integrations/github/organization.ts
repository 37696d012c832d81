import { generateKeyPairSync } from 'node:crypto';
import type { Principal, System, Target } from '@axiom-runner/protocol';
import { FakeGithub } from '../../support/fake-vendor/github/github.js';
import { covers, type Repository, type ROLES, type Team, type User } from '../../support/fake-vendor/github/state.js';
import type { Wish } from '../runner-harness.js';

export const SYSTEM: System = { type: 'github', id: '123456' };
export const ORG = 'example-org';
type GrantedWish = Omit<Wish, 'principal'>;

/** An organization with an app on it, and the hands of its owner. */
export class Organization {
  #people = 0;

  private constructor(
    readonly fake: FakeGithub,
    readonly secret: Readonly<Record<string, string>>,
    readonly privateKey: string,
  ) {}

  static async start(): Promise<Organization> {
    const fake = await FakeGithub.start();
    const { secret, privateKey } = secretOf(fake);
    return new Organization(fake, secret, privateKey);
  }

  get world() {
    return this.fake.world;
  }

  /** The secret of another installation, with other permissions. */
  otherSecret(permissions?: Readonly<Record<string, string>>) {
    return secretOf(this.fake, permissions);
  }

  stop(): Promise<void> {
    return this.fake.stop();
  }

  newMember(login = `person-${this.#next()}`): User {
    return this.world.addUser(login, { member: 'member' });
  }

  newOutsider(): User {
    return this.world.addUser(`outsider-${this.#next()}`);
  }

  newTeam(parent?: Team): Team {
    return this.world.addTeam(`team-${this.#next()}`, parent);
  }

  /** What somebody may do on a repository, or is in a team; nothing where there is no such thing. */
  roleOf({ kind, id }: Principal, target: Target): string | undefined {
    const [, name = ''] = target.path;
    const user = kind === 'user' ? this.world.userOf(id) : undefined;
    if (target.kind === 'team') {
      const team = this.world.teamOf(name);
      return team === undefined || user === undefined ? undefined : this.world.roleInTeam(team, user.id)?.role;
    }
    const repository = this.repository(name);
    if (user !== undefined) return this.world.effectiveRole(repository, user.id);
    const team = this.world.teamOf(id);
    return team === undefined ? undefined : this.world.roleOfTeam(team, repository.id);
  }

  hasAccess(principal: Principal, { target, permission }: GrantedWish): boolean {
    const role = this.roleOf(principal, target);
    if (target.kind === 'team') return role === permission.toLowerCase() || role === 'maintainer';
    return covers(role, permission.toLowerCase());
  }

  repository(name: string): Repository {
    const found = this.world.repositoryOf(name);
    if (found === undefined) throw new Error(`no repository ${name}`);
    return found;
  }

  /** Whether a token does on a repository what a permission promises, and opens no other. */
  async opens(token: string, { target, permission }: GrantedWish): Promise<boolean> {
    const file = `${this.fake.base}/repos/${target.path.join('/')}/contents/README.md`;
    const headers = { authorization: `Bearer ${token}`, accept: 'application/vnd.github+json', 'user-agent': 'somebody' };
    const body = JSON.stringify({ message: 'change', content: '' });
    const answer = await fetch(
      file,
      permission === 'Write' ? { method: 'PUT', headers: { ...headers, 'content-type': 'application/json' }, body } : { headers },
    );
    await answer.arrayBuffer();
    return answer.ok;
  }

  #next(): number {
    this.#people += 1;
    return this.#people;
  }
}

export function user({ login }: User): Principal {
  return { kind: 'user', id: login };
}

export function team({ slug }: Team): Principal {
  return { kind: 'team', id: slug };
}

export function repositoryTarget(name: string): Target {
  return { kind: 'repository', path: [ORG, name] };
}

export function teamTarget({ slug }: Team): Target {
  return { kind: 'team', path: [ORG, slug] };
}

/** The permission that gives a role. */
export function permissionOf(role: (typeof ROLES)[number]): string {
  return role.charAt(0).toUpperCase() + role.slice(1);
}

/** A key that belongs to no app. */
export function strangeKey(): string {
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function secretOf(fake: FakeGithub, permissions?: Readonly<Record<string, string>>) {
  const { installation, privateKey } = fake.install(permissions);
  const secret = {
    github_app_identifier: String(installation.app),
    github_installation_id: String(installation.id),
    github_org_name: ORG,
    github_private_key: privateKey,
    api_base_url: fake.base,
  };
  return { secret, privateKey, installation };
}
