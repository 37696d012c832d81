import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { secretSchema } from '../../../src/integrations/jumpcloud/secret.js';
import { FORBIDDEN } from '../../support/fake-vendor/jumpcloud/replies.js';
import { RunnerHarness } from '../runner-harness.js';
import { type Bench, startBench } from './bench.js';
import { KEY, READER, STRANGER, user } from './directory.js';

describe('the connection', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await startBench();
    bench.directory.newUser();
  });
  afterEach(() => bench.stop());

  const outcomes = async (secret: unknown = bench.directory.secret(), runner = bench.runner) =>
    Object.fromEntries((await runner.testConnection({ secret })).map(({ name, outcome }) => [name, outcome]));
  const giveRole = (role: string) =>
    bench.directory.world.keys.set(KEY, { email: 'runner@example.com', role, organizations: [bench.directory.organization] });

  it('tells a key that only reads from one that may change', async () => {
    expect(await outcomes()).toEqual({ key: 'ok', organization: 'ok', read: 'ok', manage: 'ok', empty: 'ok' });
    const secret = bench.directory.secret({ api_key: READER });
    expect(await outcomes(secret)).toEqual({ key: 'ok', organization: 'ok', read: 'ok', manage: 'permission_missing', empty: 'ok' });
    const wish = { ...bench.directory.wishes.group, principal: user(bench.directory.newUser()) };
    const intent = await bench.runner.plan(wish, { secret });
    await expect(bench.runner.apply(intent, { secret })).rejects.toMatchObject({
      code: 'TARGET_PERMISSION_DENIED',
      mend: expect.stringContaining('role'),
    });
  });

  it('says that it cannot tell where the role is a custom one, or is not shown', async () => {
    giveRole('Directory helpers');
    expect(await outcomes()).toMatchObject({ manage: 'warning' });
    giveRole('Manager');
    bench.directory.fake.showsSelf = false;
    expect(await outcomes()).toMatchObject({ manage: 'warning', empty: 'ok' });
  });

  it('changes nothing while it is tested', async () => {
    await outcomes();
    expect(bench.directory.fake.vendor.calls.filter((call) => !call.startsWith('GET '))).toEqual([]);
  });

  it('works with the key of an administrator of several organizations, by the id in the name of the secret', async () => {
    const { world, organization } = bench.directory;
    for (let index = 0; index < 120; index += 1) world.addOrganization(`Customer ${index}`);
    world.keys.set(KEY, { email: 'runner@example.com', role: 'Manager', organizations: [...world.organizations.keys()].reverse() });
    expect(await outcomes()).toMatchObject({ organization: 'ok', read: 'ok' });
    const { intent } = await bench.runner.grant({ ...bench.directory.wishes.group, principal: user(bench.directory.newUser()) });
    await bench.end(intent);
    const unnamed = new RunnerHarness(bench.runner.integration, { type: 'jumpcloud', id: 'example' }, bench.directory.secret());
    const checks = await unnamed.testConnection();
    expect(checks.find(({ name }) => name === 'organization')).toMatchObject({
      outcome: 'failed',
      detail: expect.stringContaining('122 organizations'),
      mend: expect.stringContaining('secret'),
    });
    world.keys.set(KEY, { email: 'runner@example.com', role: 'Manager', organizations: [organization] });
    expect(await outcomes(undefined, unnamed)).toMatchObject({ organization: 'warning', read: 'ok' });
    await unnamed.stop();
  });

  it('of another organization opens nothing', async () => {
    const secret = bench.directory.secret({ api_key: STRANGER });
    expect(await outcomes(secret)).toEqual({ key: 'ok', organization: 'failed', read: 'skipped', manage: 'skipped', empty: 'skipped' });
  });

  it.each([
    { place: '/api/applications', outcome: 'warning', named: 'applications' },
    { place: '/api/systems', outcome: 'warning', named: 'devices' },
    { place: '/api/v2/usergroups', outcome: 'permission_missing', named: 'user groups' },
  ])('names what the role may not read: $named', async ({ place, outcome, named }) => {
    bench.directory.fake.refused.set(place, FORBIDDEN);
    const checks = await bench.runner.testConnection();
    expect(checks.find(({ name }) => name === 'read')).toMatchObject({ outcome, detail: expect.stringContaining(`read ${named}.`) });
  });

  it('says when there is nobody', async () => {
    bench.directory.world.users.clear();
    expect(await outcomes()).toMatchObject({ empty: 'empty' });
  });

  it('waits for a rate limit as long as JumpCloud asks, and leaves a long wait to the engine', async () => {
    const { vendor } = bench.directory.fake;
    const principal = user(bench.directory.newUser());
    vendor.arm('rate limit', 2);
    await bench.runner.plan({ ...bench.directory.wishes.group, principal });
    expect(vendor.disarm()).toBe(true);
    vendor.commonHeaders = () => ({ 'retry-after': '3600' });
    bench.directory.fake.isThrottled = true;
    const intent = bench.runner.plan({ ...bench.directory.wishes.group, principal });
    await expect(intent).rejects.toMatchObject({ code: 'RATE_LIMITED', retryable: true, retryAfterMs: 3_600_000 });
  });

  it('is of the region in the secret', () => {
    const base = (api_base_url?: string) => secretSchema.parse({ api_key: KEY, api_base_url }).base;
    expect(base()).toBe('https://console.jumpcloud.com');
    for (const url of [
      'https://console.eu.jumpcloud.com',
      'https://console.eu.jumpcloud.com/',
      'https://console.eu.jumpcloud.com/api/v2/',
    ]) {
      expect(base(url)).toBe('https://console.eu.jumpcloud.com');
    }
  });
});
