import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Bench, startBench } from './bench.js';
import { ACCOUNT_TARGET, person, scheduleTarget, teamTarget } from './company.js';

describe('a collection of PagerDuty', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await startBench();
  });
  afterEach(() => bench.stop());

  it('has users with their base roles, teams, schedules, policies, members and who is on call', async () => {
    const { account } = bench.company;
    const [ann, bob] = [bench.company.newUser('admin', 'Ann'), bench.company.newUser('limited_user', 'Bob')];
    const team = account.addTeam('Platform');
    team.members.set(bob.id, 'responder');
    const schedule = account.addSchedule('Primary');
    schedule.rotation = ann.id;
    bench.company.putOnCall(schedule, bob);
    const idle = account.addSchedule('Idle');
    const policy = account.addPolicy('Production', [{ schedule: schedule.id }, { user: ann.id }, { schedule: idle.id }]);
    const policyTarget = { kind: 'escalation-policy', path: [policy.id] };

    const { items, warnings } = await bench.runner.collectAll(3);
    expect(warnings).toEqual([]);
    expect(items.filter(({ item }) => item !== 'permission')).toEqual([
      { item: 'target', target: ACCOUNT_TARGET },
      { item: 'principal', principal: person(ann), displayName: 'Ann', attributes: { email: ann.email } },
      { item: 'assignment', principal: person(ann), permission: 'Global Admin', target: ACCOUNT_TARGET },
      { item: 'principal', principal: person(bob), displayName: 'Bob', attributes: { email: bob.email } },
      { item: 'assignment', principal: person(bob), permission: 'Responder', target: ACCOUNT_TARGET },
      { item: 'target', target: teamTarget(team), displayName: 'Platform' },
      { item: 'target', target: scheduleTarget(schedule), displayName: 'Primary' },
      { item: 'assignment', principal: person(bob), permission: 'On call', target: scheduleTarget(schedule) },
      { item: 'target', target: scheduleTarget(idle), displayName: 'Idle' },
      { item: 'target', target: policyTarget, displayName: 'Production' },
      { item: 'assignment', principal: person(bob), permission: 'Responder', target: teamTarget(team) },
      { item: 'assignment', principal: person(bob), permission: `On call, level 1 by schedule ${schedule.id}`, target: policyTarget },
      { item: 'assignment', principal: person(ann), permission: 'On call, level 2', target: policyTarget },
    ]);
  });

  it('of 10,000 users is whole, whatever process goes on with it, and of more says that PagerDuty shows no more', async () => {
    for (let index = 0; index < 10_000; index += 1) bench.company.newUser();
    const users = (items: readonly { readonly item: string }[]) => items.filter(({ item }) => item === 'principal').length;
    const whole = await bench.runner.collectAll(700);
    expect(users(whole.items)).toBe(10_000);
    expect(whole.warnings).toEqual([]);
    bench.company.newUser();
    const cut = await bench.runner.collectAll(700);
    expect(users(cut.items)).toBe(10_000);
    expect(cut.warnings).toEqual([expect.stringContaining('10000 users')]);
  }, 120_000);

  it('goes on when a team vanishes in its midst', async () => {
    const { account } = bench.company;
    const teams = ['One', 'Two', 'Three'].map((name) => account.addTeam(name));
    const member = bench.company.newUser();
    for (const { members } of teams) members.set(member.id, 'observer');
    const items: unknown[] = [];
    let cursor: string | undefined;
    do {
      const page = await bench.runner.collect(cursor, 2);
      items.push(...page.items);
      cursor = page.next;
      if (items.some((item) => JSON.stringify(item).includes('"Observer","target":{"kind":"team"')))
        account.teams.delete(teams[1]?.id ?? '');
    } while (cursor !== undefined);
    for (const team of [teams[0], teams[2]]) {
      const target = teamTarget(team as (typeof teams)[0]);
      expect(items).toContainEqual({ item: 'assignment', principal: person(member), permission: 'Observer', target });
    }
  });

  it('leaves out with a warning what the user of a key may not read', async () => {
    bench.company.account.addTeam('Platform');
    const secret = bench.company.secretWith(bench.company.account.addKey({ hidden: ['schedules', 'oncalls'] }));
    const page = await bench.runner.collect(undefined, 1000, { secret });
    expect(page.warnings).toEqual([expect.stringContaining('schedules'), expect.stringContaining('on-calls')]);
    expect(page.items).toContainEqual(expect.objectContaining({ item: 'target', displayName: 'Platform' }));
  });

  it.each(['{}', '[]', 'x', '{"stage":"none","size":1}', '{"stage":"users","size":0}'])('refuses the cursor %s', async (cursor) => {
    await expect(bench.runner.collect(cursor, 10)).rejects.toMatchObject({ code: 'TASK_REJECTED' });
  });
});
