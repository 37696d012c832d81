import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Override, Schedule, User } from '../../support/fake-vendor/pagerduty/state.js';
import { KillingGate } from '../runner-harness.js';
import { type Bench, startBench } from './bench.js';
import { type PagerdutyIntent, person, scheduleTarget } from './company.js';

describe('an override of a schedule', () => {
  let bench: Bench;
  let schedule: Schedule;
  let user: User;
  beforeEach(async () => {
    bench = await startBench();
    schedule = bench.company.account.addSchedule('Primary');
    user = bench.company.newUser();
  });
  afterEach(() => bench.stop());

  const wish = (who = user) => ({ target: scheduleTarget(schedule), permission: 'On call', principal: person(who) });
  const living = (): Override[] => schedule.overrides.filter(({ end }) => end > bench.company.fake.clock.now);
  const requireEnd = ({ expiresAt }: PagerdutyIntent, { end }: Override) => {
    expect(end).toBeGreaterThanOrEqual(expiresAt + 60);
    expect(end).toBeLessThan(expiresAt + 120);
  };

  it('starts now, and ends by itself within two minutes after the access', async () => {
    const intent = await bench.grant(wish());
    const [override] = living() as [Override];
    expect(override).toMatchObject({ user: user.id, start: bench.runner.seconds });
    requireEnd(intent, override);
    bench.runner.seconds = override.end;
    expect(await bench.runner.verify(intent)).toMatchObject({ observations: [{ answer: 'none' }, { answer: 'no' }] });
  });

  it('that has started is ended at that moment, and gives the schedule back to its rotation', async () => {
    schedule.rotation = bench.company.newUser().id;
    const intent = await bench.grant(wish());
    bench.runner.seconds += 100;
    await bench.end(intent);
    expect(schedule.overrides.map(({ end }) => end)).toEqual([bench.runner.seconds]);
    expect(bench.company.account.onCall(schedule, bench.runner.seconds)).toBe(schedule.rotation);
  });

  it('that has ended by itself needs nothing more', async () => {
    const intent = await bench.grant(wish());
    bench.runner.seconds = intent.expiresAt + 200;
    expect(await bench.runner.revert(intent)).toMatchObject({ actions: ['found no override that stands'] });
    expect(await bench.runner.verify(intent)).toMatchObject({ proved: true, warnings: [] });
  });

  it('is replaced by a longer or shorter one when the access is extended, without a gap', async () => {
    const intent = await bench.grant(wish());
    for (const [index, seconds] of [1800, -600].entries()) {
      bench.runner.seconds += 60;
      const extended = { ...intent, expiresAt: intent.expiresAt + seconds, extendedAt: index + 1 };
      await bench.runner.extend(extended);
      const [override, ...others] = living();
      expect(others).toEqual([]);
      requireEnd(extended, override as Override);
      const starts = schedule.overrides.map(({ start }) => start).slice(1);
      expect(starts).toEqual(schedule.overrides.map(({ end }) => end).slice(0, -1));
    }
    await bench.end(intent);
    expect(living()).toEqual([]);
  });

  it('that a killed extension left is ended, whichever end the access has then', async () => {
    for (let fatal = 1, killed = true; killed; fatal += 1) {
      const intent = await bench.grant(wish());
      const extended = { ...intent, expiresAt: intent.expiresAt + 1800, extendedAt: 1 };
      killed = await bench.runner.extend(extended, { gate: new KillingGate(fatal) }).then(
        () => false,
        () => true,
      );
      await bench.end(fatal % 2 === 0 ? intent : extended);
      expect(living()).toEqual([]);
    }
  });

  it('is one, however often a runner dies on the way', async () => {
    const intent = await bench.runner.plan(wish());
    // Before the override is made, before its id is recorded, and there again.
    for (const fatal of [2, 2, 1]) {
      await expect(bench.runner.apply(intent, { gate: new KillingGate(fatal) })).rejects.toMatchObject({ code: 'INTERNAL' });
    }
    await bench.runner.apply(intent);
    expect(living()).toHaveLength(1);
  });

  it('leaves those that people made', async () => {
    bench.company.putOnCall(schedule, user);
    const intent = await bench.grant(wish());
    bench.company.putOnCall(schedule, bench.company.newUser());
    await bench.end(intent);
    expect(living()).toHaveLength(2);
    expect(living().every(({ end }) => end % 60 === 0)).toBe(true);
  });

  it('of one request is told from that of another, though both are for one user and end together', async () => {
    // Sixty seconds tell them apart: of so many, some have the same.
    const intents: PagerdutyIntent[] = [];
    for (let index = 0; index < 62; index += 1) {
      const requestId = `same-end-${index}`;
      const intent = await bench.runner.plan(wish(), { requestId });
      await bench.runner.apply(intent);
      intents.push(intent);
    }
    expect(new Set(living().map(({ end }) => end)).size).toBeLessThan(62);
    for (const [index, intent] of intents.entries()) {
      await bench.end(intent);
      expect(living()).toHaveLength(61 - index);
    }
  }, 60_000);

  it('gives back to whom it took the schedule from for a time', async () => {
    const first = await bench.grant(wish());
    const other = bench.company.newUser();
    const second = await bench.grant(wish(other));
    const onCall = () => bench.company.account.onCall(schedule, bench.company.fake.clock.now);
    expect(onCall()).toBe(other.id);
    await bench.end(second);
    expect(onCall()).toBe(user.id);
    await bench.end(first);
    expect(onCall()).toBeUndefined();
  });

  it('ends with proof though the schedule is gone', async () => {
    const intent = await bench.grant(wish());
    bench.company.account.schedules.delete(schedule.id);
    await bench.end(intent);
  });

  it('is not made for a stakeholder, nor for one who became one meanwhile', async () => {
    const stakeholder = bench.company.newUser('read_only_user');
    await expect(bench.runner.plan(wish(stakeholder))).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    const intent = await bench.runner.plan(wish());
    user.role = 'read_only_user';
    await expect(bench.runner.apply(intent)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    await bench.end(intent);
    expect(schedule.overrides).toEqual([]);
  });
});
