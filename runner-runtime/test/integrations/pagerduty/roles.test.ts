import type { Target } from '@axiom-runner/protocol';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BASE_ROLES, roleOf, TEAM_ROLES } from '../../../src/integrations/pagerduty/roles.js';
import type { Team, TeamRole, User } from '../../support/fake-vendor/pagerduty/state.js';
import { type Bench, startBench } from './bench.js';
import { ACCOUNT_TARGET, type PagerdutyIntent, person, teamTarget } from './company.js';

const ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
];
const LEVELS = ['Observer', 'Responder', 'Manager'];

describe('a role', () => {
  let bench: Bench;
  let platform: Team;
  beforeEach(async () => {
    bench = await startBench();
    platform = bench.company.account.addTeam('Platform');
  });
  afterEach(() => bench.stop());

  const inTeam = (user: User) => platform.members.get(user.id);
  const grant = (target: Target, permission: string, user: User) => bench.grant({ target, permission, principal: person(user) });
  const plan = (target: Target, permission: string, user: User) => bench.runner.plan({ target, permission, principal: person(user) });

  async function endInEveryOrder(
    target: Target,
    newUser: () => User,
    roleNow: (user: User) => string | undefined,
    ranks: typeof TEAM_ROLES,
  ) {
    for (const order of ORDERS) {
      const user = newUser();
      const before = roleNow(user);
      const intents: PagerdutyIntent[] = [];
      for (const level of LEVELS) intents.push(await grant(target, level, user));
      const standing = new Set(LEVELS.map((_, index) => index));
      for (const index of order) {
        await bench.end(intents[index] as PagerdutyIntent);
        standing.delete(index);
        const due = [before, ...[...standing].map((left) => roleOf(ranks, LEVELS[left] ?? ''))];
        const highest = ranks.findLast(({ role }) => due.includes(role))?.role;
        expect({ order, index, role: roleNow(user) }).toEqual({ order, index, role: highest });
      }
    }
  }

  it.each([undefined, 'responder'])(
    'in a team is the highest of three grants and what was before (%s), in whatever order they end',
    async (before) => {
      const newUser = () => {
        const user = bench.company.newUser();
        if (before !== undefined) platform.members.set(user.id, before as TeamRole);
        return user;
      };
      await endInEveryOrder(teamTarget(platform), newUser, inTeam, TEAM_ROLES);
    },
  );

  it.each(['restricted_access', 'limited_user'])(
    'in the account is the highest of three grants and the one before (%s), in whatever order they end',
    (before) =>
      endInEveryOrder(
        ACCOUNT_TARGET,
        () => bench.company.newUser(before),
        ({ role }) => role,
        BASE_ROLES,
      ),
  );

  it('is given to a user who is named by e-mail, and by nothing like it', async () => {
    const user = bench.company.newUser();
    const near = bench.company.newUser();
    bench.company.account.users.set(near.id, Object.assign(near, { name: user.email }));
    const principal = { kind: 'user', id: user.email.toUpperCase() };
    const intent = await bench.grant({ target: teamTarget(platform), permission: 'Observer', principal });
    expect([...platform.members]).toEqual([[user.id, 'observer']]);
    expect(intent.principal).toEqual(principal);
  });

  it('keeps the name and the e-mail of the user, changed meanwhile or not', async () => {
    const user = bench.company.newUser();
    const intent = await grant(ACCOUNT_TARGET, 'Manager', user);
    user.name = 'Somebody Else';
    await bench.end(intent);
    expect(user).toMatchObject({ name: 'Somebody Else', role: 'restricted_access' });
  });

  it('that somebody else gave meanwhile stays, and is named', async () => {
    const user = bench.company.newUser();
    const intent = await grant(ACCOUNT_TARGET, 'Manager', user);
    user.role = 'admin';
    const { warnings } = await bench.runner.revert(intent);
    expect(warnings).toEqual([expect.stringContaining('the base role Global Admin')]);
    expect(user.role).toBe('admin');
  });

  it('ends with proof though the user, or the team, is gone', async () => {
    const user = bench.company.newUser();
    const intents = [await grant(ACCOUNT_TARGET, 'Manager', user), await grant(teamTarget(platform), 'Manager', user)];
    bench.company.account.removeUser(user);
    for (const intent of intents) await bench.end(intent);
    const other = await grant(teamTarget(platform), 'Manager', bench.company.newUser());
    bench.company.account.teams.delete(platform.id);
    await bench.end(other);
  });

  it('is not given where user or team have gone between plan and grant', async () => {
    const user = bench.company.newUser();
    const intents = [await plan(ACCOUNT_TARGET, 'Manager', user), await plan(teamTarget(platform), 'Manager', user)];
    bench.company.account.removeUser(user);
    for (const intent of intents) {
      await expect(bench.runner.apply(intent)).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND' });
      await bench.end(intent);
    }
  });

  it.each([
    ['read_only_user', ACCOUNT_TARGET, 'Responder', 'license'],
    ['user', ACCOUNT_TARGET, 'Full Stakeholder', 'license'],
    ['owner', ACCOUNT_TARGET, 'Responder', 'Owner'],
    ['read_only_user', undefined, 'Responder', 'stakeholder'],
    ['admin', undefined, 'Responder', 'every access'],
    ['owner', undefined, 'Manager', 'every access'],
  ])(
    'of a user with the base role %s is not changed where that could not be, or not be undone',
    async (role, target, permission, words) => {
      const refused = plan(target ?? teamTarget(platform), permission, bench.company.newUser(role));
      await expect(refused).rejects.toMatchObject({ code: 'UNSUPPORTED', message: expect.stringContaining(words) });
    },
  );

  it('of an account without licenses is for PagerDuty to judge', async () => {
    bench.company.account.hasLicenses = false;
    const intent = await plan(ACCOUNT_TARGET, 'Responder', bench.company.newUser('read_only_user'));
    await expect(bench.runner.apply(intent)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    await bench.end(intent);
  });

  it('of the user whose key the runner has is never changed', async () => {
    const user = bench.company.newUser('admin');
    const secret = bench.company.secretWith(bench.company.account.addKey({ user: user.id }));
    const wish = { target: ACCOUNT_TARGET, permission: 'Observer', principal: person(user) };
    await expect(bench.runner.plan(wish, { secret })).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });

  it('in a team ends as soon as no escalation policy of the team names the user any more', async () => {
    const user = bench.company.newUser();
    const intent = await grant(teamTarget(platform), 'Responder', user);
    const policy = bench.company.account.addPolicy('Production', [{ user: user.id }], platform);
    await expect(bench.runner.revert(intent)).rejects.toMatchObject({ code: 'CONFLICT', retryable: true });
    expect(await bench.runner.verify(intent)).toMatchObject({ proved: false });
    bench.company.account.policies.delete(policy.id);
    await bench.end(intent);
    expect(inTeam(user)).toBeUndefined();
  });

  it('in a team is found among many members', async () => {
    for (let index = 0; index < 250; index += 1) platform.members.set(bench.company.newUser().id, 'observer');
    const user = bench.company.newUser();
    platform.members.set(user.id, 'observer');
    const intent = await grant(teamTarget(platform), 'Manager', user);
    await bench.end(intent);
    expect(inTeam(user)).toBe('observer');
  });

  it('in a team that remains beside a base role is named', async () => {
    const user = bench.company.newUser();
    const intent = await grant(teamTarget(platform), 'Responder', user);
    user.role = 'admin';
    await bench.runner.revert(intent);
    const { warnings } = await bench.runner.verify(intent);
    expect(warnings).toEqual([expect.stringContaining('the base role Global Admin')]);
  });
});
