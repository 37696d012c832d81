import type { Principal, System, Target } from '@axiom-runner/protocol';
import type { Intent } from '../../../src/integrations/intent.js';
import { pagerduty } from '../../../src/integrations/pagerduty/integration.js';
import { BASE_LEVELS, BASE_ROLES, roleOf, TEAM_LEVELS, TEAM_ROLES } from '../../../src/integrations/pagerduty/roles.js';
import type { PagerdutySecret } from '../../../src/integrations/pagerduty/secret.js';
import type { PagerdutyState } from '../../../src/integrations/pagerduty/state.js';
import { FakePagerduty } from '../../support/fake-vendor/pagerduty/pagerduty.js';
import type { Schedule, Team, TeamRole, User } from '../../support/fake-vendor/pagerduty/state.js';
import { RunnerHarness, START_SECONDS, type Wish } from '../runner-harness.js';

export const COMPANY = 'example-company';
export const SYSTEM: System = { type: 'pagerduty', id: COMPANY };
type GrantedWish = Omit<Wish, 'principal'>;
export type PagerdutyIntent = Intent<PagerdutyState>;

/** A company with an account of PagerDuty, and the hands of its administrator. */
export class Company {
  #people = 0;

  private constructor(
    readonly fake: FakePagerduty,
    /** A key of the account that may change everything. */
    readonly key: string,
  ) {}

  static async start(): Promise<Company> {
    const fake = await FakePagerduty.start();
    fake.clock.follows = true;
    fake.clock.now = START_SECONDS;
    return new Company(fake, fake.account.addKey());
  }

  get account() {
    return this.fake.account;
  }

  get secret(): Readonly<Record<string, string>> {
    return this.secretWith(this.key);
  }

  secretWith(key: string): Readonly<Record<string, string>> {
    return { pagerduty_api_key: key, pagerduty_company_name: COMPANY, api_base_url: this.fake.base };
  }

  newRunner(): RunnerHarness<PagerdutySecret, PagerdutyState> {
    return new RunnerHarness(pagerduty, SYSTEM, this.secret);
  }

  stop(): Promise<void> {
    return this.fake.stop();
  }

  /** A full user with the lowest role, or another one. */
  newUser(role = 'restricted_access', name = `Person ${this.#next()}`): User {
    return this.account.addUser(name, role);
  }

  hasAccess(principal: Principal, { target, permission }: GrantedWish): boolean {
    const user = this.userOf(principal);
    const [id = ''] = target.path;
    if (user === undefined) return false;
    if (target.kind === 'account') return BASE_LEVELS.covers([user.role], [roleOf(BASE_ROLES, permission)]);
    if (target.kind === 'schedule') return this.hasOverride(this.schedule(id), user);
    const role = this.team(id).members.get(user.id);
    return role !== undefined && TEAM_LEVELS.covers([role], [roleOf(TEAM_ROLES, permission)]);
  }

  giveByHand(principal: Principal, { target, permission }: GrantedWish): void {
    const user = this.userOf(principal);
    const [id = ''] = target.path;
    if (user === undefined) throw new Error('no such user');
    if (target.kind === 'account') user.role = roleOf(BASE_ROLES, permission);
    else if (target.kind === 'team') this.team(id).members.set(user.id, roleOf(TEAM_ROLES, permission) as TeamRole);
    else this.putOnCall(this.schedule(id), user);
  }

  /** As people do it: to the full hour. */
  putOnCall(schedule: Schedule, { id: user }: User): void {
    const { now } = this.fake.clock;
    const end = Math.ceil((now + 100_000) / 3600) * 3600;
    schedule.overrides.push({ id: this.account.newId('Q'), user, start: now, end });
  }

  /** Of several overrides at a time the last one has priority: who has an earlier one is on call again when that ends. */
  hasOverride({ overrides }: Schedule, { id }: User): boolean {
    const { now } = this.fake.clock;
    return overrides.some(({ user, start, end }) => user === id && start <= now && now < end);
  }

  userOf({ id }: Principal): User | undefined {
    return [...this.account.users.values()].find((user) => user.id === id || user.email === id);
  }

  team(id: string): Team {
    return present(this.account.teams.get(id));
  }

  schedule(id: string): Schedule {
    return present(this.account.schedules.get(id));
  }

  /** Overrides that a runner made and that have not ended: they end within a minute, not with it. */
  leftovers(): string[] {
    return [...this.account.schedules.values()].flatMap(({ overrides }) =>
      overrides.filter(({ end }) => end % 60 !== 0 && end > this.fake.clock.now).map(({ id }) => `override ${id}`),
    );
  }

  #next(): number {
    this.#people += 1;
    return this.#people;
  }
}

export function person({ id }: User): Principal {
  return { kind: 'user', id };
}

export function teamTarget({ id }: Team): Target {
  return { kind: 'team', path: [id] };
}

export function scheduleTarget({ id }: Schedule): Target {
  return { kind: 'schedule', path: [id] };
}

export const ACCOUNT_TARGET: Target = { kind: 'account', path: [COMPANY] };

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('no such object');
  return value;
}
