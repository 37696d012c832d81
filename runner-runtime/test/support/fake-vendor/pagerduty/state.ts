export const TEAM_ROLES = ['observer', 'responder', 'manager'] as const;
export type TeamRole = (typeof TEAM_ROLES)[number];

const FULL = ['owner', 'admin', 'user', 'limited_user', 'observer', 'restricted_access'];
const STAKEHOLDER = ['read_only_user', 'read_only_limited_user'];

export interface User {
  readonly id: string;
  name: string;
  readonly email: string;
  role: string;
}

export interface Team {
  readonly id: string;
  readonly name: string;
  readonly members: Map<string, TeamRole>;
}

/** Times are unix seconds. */
export interface Override {
  readonly id: string;
  readonly user: string;
  readonly start: number;
  end: number;
}

export interface Schedule {
  readonly id: string;
  readonly name: string;
  /** Who is on call without an override. */
  rotation: string | undefined;
  /** Oldest first: the last one that was made has priority. */
  overrides: Override[];
}

export interface Policy {
  readonly id: string;
  readonly name: string;
  readonly team: string | undefined;
  /** Users and schedules, one a level. */
  readonly levels: readonly { readonly user?: string; readonly schedule?: string }[];
}

/** A REST API key: of the account, or of a user. */
export interface Key {
  readonly user?: string;
  readonly readOnly?: boolean;
  /** Lists that its user may not see. */
  readonly hidden?: readonly string[];
}

/** One account of PagerDuty. */
export class Account {
  subdomain = 'example-company';
  abilities = ['teams', 'read_only_users', 'service_support_hours', 'urgencies'];
  /** Whether the account has licenses at all: legacy plans have none. */
  hasLicenses = true;
  readonly users = new Map<string, User>();
  readonly teams = new Map<string, Team>();
  readonly schedules = new Map<string, Schedule>();
  readonly policies = new Map<string, Policy>();
  readonly keys = new Map<string, Key>();
  #lastId = 0;

  /** `PXPGF42` */
  newId(first = 'P'): string {
    this.#lastId += 1;
    return first + (this.#lastId + 36 ** 5).toString(36).toUpperCase();
  }

  addUser(name: string, role: string): User {
    const id = this.newId();
    const user = { id, name, email: `${id.toLowerCase()}@example.com`, role };
    this.users.set(id, user);
    return user;
  }

  addTeam(name: string): Team {
    const team: Team = { id: this.newId(), name, members: new Map() };
    this.teams.set(team.id, team);
    return team;
  }

  addSchedule(name: string): Schedule {
    const schedule: Schedule = { id: this.newId(), name, rotation: undefined, overrides: [] };
    this.schedules.set(schedule.id, schedule);
    return schedule;
  }

  addPolicy(name: string, levels: Policy['levels'], team?: Team): Policy {
    const policy: Policy = { id: this.newId(), name, team: team?.id, levels };
    this.policies.set(policy.id, policy);
    return policy;
  }

  addKey(key: Key = {}): string {
    const text = `u+${this.newId('K')}example-0123`;
    this.keys.set(text, key);
    return text;
  }

  removeUser({ id }: User): void {
    this.users.delete(id);
    for (const { members } of this.teams.values()) members.delete(id);
  }

  /** Roles that the license of a user allows; the runner never changes it. */
  validRoles({ role }: User): readonly string[] {
    return STAKEHOLDER.includes(role) ? STAKEHOLDER : FULL;
  }

  /** Who is on call on a schedule at a moment. */
  onCall({ rotation, overrides }: Schedule, at: number): string | undefined {
    return overrides.findLast(({ start, end }) => start <= at && at < end)?.user ?? rotation;
  }

  /** Whether an escalation policy of the team names the user. */
  isOnPolicyOf(team: Team, user: string): boolean {
    return [...this.policies.values()].some((policy) => policy.team === team.id && policy.levels.some((level) => level.user === user));
  }
}
