import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { secretSchema } from '../../../src/integrations/pagerduty/secret.js';
import { CountingGate } from '../runner-harness.js';
import { type Bench, startBench } from './bench.js';
import { ACCOUNT_TARGET, person, teamTarget } from './company.js';

describe('the connection to PagerDuty', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await startBench();
    bench.company.newUser();
    bench.company.account.addSchedule('Primary');
  });
  afterEach(() => bench.stop());

  async function outcomes(secret: unknown = bench.company.secret) {
    const checks = await bench.runner.testConnection({ secret });
    return Object.fromEntries(checks.filter(({ outcome }) => outcome !== 'ok').map(({ name, ...answer }) => [name, answer]));
  }

  it('is whole with a key of the account, and testing it changes nothing', async () => {
    const gate = new CountingGate();
    const checks = await bench.runner.testConnection({ gate });
    expect(checks.filter(({ outcome }) => outcome !== 'ok')).toEqual([]);
    expect(gate.effects).toBe(0);
  });

  it('tells a read-only key, which reads everything', async () => {
    const secret = bench.company.secretWith(bench.company.account.addKey({ readOnly: true }));
    expect(await outcomes(secret)).toEqual({
      write: expect.objectContaining({ outcome: 'permission_missing', detail: expect.stringContaining('read-only') }),
    });
    const intent = await bench.runner.plan({ target: ACCOUNT_TARGET, permission: 'Manager', principal: person(bench.company.newUser()) });
    await expect(bench.runner.apply(intent, { secret })).rejects.toMatchObject({ code: 'TARGET_PERMISSION_DENIED' });
  });

  it('warns of the key of a user whose role is too low, and takes that of an administrator', async () => {
    for (const [role, expected] of [
      ['user', { write: expect.objectContaining({ outcome: 'warning', detail: expect.stringContaining('Manager') }) }],
      ['admin', {}],
    ] as const) {
      const key = bench.company.account.addKey({ user: bench.company.newUser(role).id });
      expect(await outcomes(bench.company.secretWith(key))).toEqual(expected);
    }
  });

  it('names what the user of a key may not read', async () => {
    const hidden = ['schedules', 'oncalls'];
    const user = bench.company.newUser('admin').id;
    const { read } = await outcomes(bench.company.secretWith(bench.company.account.addKey({ user, hidden })));
    expect(read).toMatchObject({ outcome: 'permission_missing', detail: 'The API key may not read schedules, on-calls.' });
  });

  it('warns where the plan has no teams, and goes on without them', async () => {
    bench.company.account.abilities = ['urgencies'];
    expect(await outcomes()).toEqual({ abilities: expect.objectContaining({ outcome: 'warning' }) });
    const { items, warnings } = await bench.runner.collectAll(1000);
    expect(warnings).toEqual([expect.stringContaining('teams'), expect.stringContaining('members')]);
    expect(items).toContainEqual(expect.objectContaining({ item: 'target', displayName: 'Primary' }));
    const principal = person(bench.company.newUser());
    const wish = { target: teamTarget(bench.company.account.addTeam('Platform')), permission: 'Observer', principal };
    await expect(bench.runner.plan(wish)).rejects.toMatchObject({
      code: 'TARGET_PERMISSION_DENIED',
      message: expect.stringContaining('plan'),
    });
  });

  it('says that there is nothing to give access to', async () => {
    bench.company.account.schedules.clear();
    expect(await outcomes()).toEqual({ empty: expect.objectContaining({ outcome: 'empty' }) });
  });

  it('names the service region as a cause of an unknown key', async () => {
    const { connect } = await outcomes(bench.company.secretWith('u+key-of-another-region'));
    expect(connect).toMatchObject({ outcome: 'authentication_failed', mend: expect.stringContaining('https://api.eu.pagerduty.com') });
  });

  it('knows an account of the region EU by its address', async () => {
    bench.company.account.subdomain = 'example-company.eu';
    expect(await outcomes()).toEqual({});
  });

  it('gives up for now where the limit is used up for longer than a call may wait', async () => {
    const { vendor } = bench.company.fake;
    const before = vendor.commonHeaders;
    vendor.commonHeaders = () => ({ ...before(), 'retry-after': '600' });
    vendor.arm('rate limit', 1);
    const wish = { target: ACCOUNT_TARGET, permission: 'Manager', principal: person(bench.company.newUser()) };
    await expect(bench.runner.plan(wish)).rejects.toMatchObject({ code: 'RATE_LIMITED', retryable: true, retryAfterMs: 600_000 });
    vendor.commonHeaders = before;
    vendor.arm('rate limit', 2);
    await bench.runner.plan(wish);
    expect(vendor.disarm()).toBe(true);
  });

  it('goes to the service region US where the secret names no other', () => {
    const { api_base_url: _, ...secret } = bench.company.secret;
    expect(secretSchema.parse(secret)).toMatchObject({ base: 'https://api.pagerduty.com' });
  });
});
