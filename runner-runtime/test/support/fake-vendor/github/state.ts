import type { KeyObject } from 'node:crypto';

export const ROLES = ['read', 'triage', 'write', 'maintain', 'admin'] as const;
export type TeamRole = 'member' | 'maintainer';

export interface User {
  readonly id: number;
  login: string;
  /** Public e-mail. */
  email: string | null;
}

export interface Team {
  readonly id: number;
  readonly slug: string;
  readonly parent: Team | undefined;
  readonly members: Map<number, TeamRole>;
  /** Roles by repository. */
  readonly repositories: Map<number, string>;
}

export interface Invitation {
  readonly id: number;
  readonly user: number;
  role: string;
  expired: boolean;
}

export interface Repository {
  readonly id: number;
  name: string;
  archived: boolean;
  /** Names that lead on to this one. */
  readonly formerNames: string[];
  /** Users' own roles. */
  readonly direct: Map<number, string>;
  invitations: Invitation[];
}

export interface Installation {
  readonly id: number;
  readonly app: number;
  permissions: Readonly<Record<string, string>>;
  suspended: boolean;
  selection: 'all' | 'selected';
}

/** A token of an installation. */
export interface Token {
  readonly installation: Installation;
  readonly permissions: Readonly<Record<string, string>>;
  /** Absent for all repositories. */
  readonly repositories: readonly number[] | undefined;
  /** Unix seconds. */
  readonly expiresAt: number;
}

/** One organization, and the people and apps around it. */
export class GithubWorld {
  readonly org = { id: 9001, login: 'example-org' };
  /** What every member has on every repository. */
  baseRole: 'none' | 'read' | 'write' | 'admin' = 'none';
  readonly users = new Map<number, User>();
  readonly members = new Map<number, 'admin' | 'member'>();
  readonly teams = new Map<number, Team>();
  readonly repositories = new Map<number, Repository>();
  readonly apps = new Map<number, KeyObject>();
  readonly installations = new Map<number, Installation>();
  readonly tokens = new Map<string, Token>();
  #lastId = 1000;

  newId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  addUser(login: string, { member, email = null }: { readonly member?: 'admin' | 'member'; readonly email?: string | null } = {}): User {
    const user: User = { id: this.newId(), login, email };
    this.users.set(user.id, user);
    if (member !== undefined) this.members.set(user.id, member);
    return user;
  }

  addTeam(slug: string, parent?: Team): Team {
    const team: Team = { id: this.newId(), slug, parent, members: new Map(), repositories: new Map() };
    this.teams.set(team.id, team);
    return team;
  }

  addRepository(name: string): Repository {
    const repository: Repository = { id: this.newId(), name, archived: false, formerNames: [], direct: new Map(), invitations: [] };
    this.repositories.set(repository.id, repository);
    return repository;
  }

  /** Whoever leaves the organization loses the teams, and the roles that they had of their own. */
  removeMember(user: User): void {
    this.members.delete(user.id);
    for (const team of this.teams.values()) team.members.delete(user.id);
    for (const repository of this.repositories.values()) repository.direct.delete(user.id);
  }

  rename(repository: Repository, name: string): void {
    repository.formerNames.push(repository.name);
    repository.name = name;
  }

  userOf(login: string): User | undefined {
    return [...this.users.values()].find((user) => same(user.login, login));
  }

  teamOf(slug: string): Team | undefined {
    return [...this.teams.values()].find((team) => same(team.slug, slug));
  }

  repositoryOf(name: string): Repository | undefined {
    return [...this.repositories.values()].find((repository) => same(repository.name, name));
  }

  childrenOf(team: Team): Team[] {
    return [...this.teams.values()].filter(({ parent }) => parent === team);
  }

  /** Members of a team are those of its child teams too, and owners are maintainers. */
  roleInTeam(team: Team, user: number): { readonly role: TeamRole; readonly inherited: boolean } | undefined {
    const own = team.members.get(user);
    if (own !== undefined) return { role: this.members.get(user) === 'admin' ? 'maintainer' : own, inherited: false };
    const below = this.childrenOf(team).some((child) => this.roleInTeam(child, user) !== undefined);
    return below ? { role: 'member', inherited: true } : undefined;
  }

  /** A team has what its parents have. */
  roleOfTeam(team: Team, repository: number): string | undefined {
    return highest([team.repositories.get(repository), team.parent === undefined ? undefined : this.roleOfTeam(team.parent, repository)]);
  }

  /** What a user may do on a repository, whatever gives it. */
  effectiveRole(repository: Repository, user: number): string | undefined {
    const member = this.members.get(user);
    const teams = [...this.teams.values()].filter((team) => team.members.has(user));
    return highest([
      repository.direct.get(user),
      member === 'admin' ? 'admin' : undefined,
      member !== undefined && this.baseRole !== 'none' ? this.baseRole : undefined,
      ...teams.map((team) => this.roleOfTeam(team, repository.id)),
    ]);
  }
}

export function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** Whether a role gives what another gives. */
export function covers(role: string | undefined, wanted: string): boolean {
  return role !== undefined && rank(role) >= rank(wanted);
}

function highest(roles: readonly (string | undefined)[]): string | undefined {
  return roles.filter((role) => role !== undefined).sort((one, other) => rank(other) - rank(one))[0];
}

/** Custom roles build on write here. */
function rank(role: string): number {
  const known = (ROLES as readonly string[]).indexOf(role);
  return known < 0 ? 2.5 : known;
}
