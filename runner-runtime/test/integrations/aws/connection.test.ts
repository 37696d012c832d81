import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { aws } from '../../../src/integrations/aws/integration.js';
import { refusal } from '../../support/fake-vendor/aws/replies.js';
import { RunnerHarness } from '../runner-harness.js';
import { ACCOUNT, AwsWorld, REGION, SYSTEM } from './world.js';

jest.setTimeout(60_000);

describe('the connection test of aws', () => {
  let world: AwsWorld;
  beforeAll(async () => {
    world = await AwsWorld.start();
    await world.newUser();
  }, 120_000);
  afterAll(() => world.stop());

  const runner = (secret = world.secret(), id: string = ACCOUNT) => new RunnerHarness(aws, { ...SYSTEM, id }, secret);
  const checks = async (tried = runner()) => Object.fromEntries((await tried.testConnection()).map((check) => [check.name, check]));
  /** The checks while AWS refuses one call. */
  const without = async (action: string, code = 'AccessDenied') => {
    world.front.overrides.set(action, (call) => refusal(call, code, 'refused', 403));
    try {
      return await checks();
    } finally {
      world.front.overrides.delete(action);
    }
  };

  it('passes where everything is allowed', async () => {
    for (const check of Object.values(await checks())) expect(check).toMatchObject({ outcome: 'ok' });
  });

  it("tells the runner's own role apart from the trust of the secret's role", async () => {
    const own =
      'User: someone is not authorized to perform: sts:AssumeRole because no identity-based policy allows the sts:AssumeRole action';
    world.front.overrides.set('AssumeRole', (call) => refusal(call, 'AccessDenied', own, 403));
    const { assume } = await checks();
    world.front.overrides.delete('AssumeRole');
    expect(assume).toMatchObject({ outcome: 'authentication_failed', mend: expect.stringContaining('Axiom-Security') });
    const trust = (await checks(runner(world.secret({ external_id: 'another' }))))['assume'];
    expect(trust).toMatchObject({ outcome: 'authentication_failed', mend: expect.stringContaining('external_id') });
    expect(trust?.detail).not.toBe(assume?.detail);
  });

  it('skips the rest where the role cannot be assumed', async () => {
    const { assume: _, ...rest } = await checks(runner(world.secret({ external_id: 'another' })));
    for (const check of Object.values(rest)) expect(check).toMatchObject({ outcome: 'skipped' });
  });

  it('says that the secret is named for another account', async () => {
    expect((await checks(runner(world.secret(), '210987654321')))['identity']).toMatchObject({ outcome: 'failed' });
  });

  it('warns where the account cannot read the others of its organization', async () => {
    expect((await without('ListAccounts'))['organizations']).toMatchObject({
      outcome: 'warning',
      mend: expect.stringContaining('ListAccounts'),
    });
  });

  it('warns where there is no organization', async () => {
    const { organizations } = await without('DescribeOrganization', 'AWSOrganizationsNotInUse');
    expect(organizations).toMatchObject({ outcome: 'warning', detail: expect.stringContaining('no organization') });
  });

  for (const [action, name, permission] of [
    ['ListInstances', 'identity-center', 'sso:ListInstances'],
    ['ListPermissionSets', 'permission-sets', 'sso:ListPermissionSets'],
    ['ListUsers', 'identity-store', 'identitystore:ListUsers'],
    ['ListRoles', 'iam', 'iam:ListRoles'],
  ] as const) {
    it(`names ${permission} where it is missing`, async () => {
      const check = (await without(action))[name];
      expect(check).toMatchObject({ outcome: 'permission_missing' });
      expect(`${check?.detail} ${check?.mend}`).toContain(permission);
    });
  }

  it('finds IAM Identity Center in another region than the first', async () => {
    world.front.centerRegion = 'ap-southeast-2';
    const found = (await checks(runner(world.secret({ aws_region: undefined }))))['identity-center'];
    const missed = await checks();
    world.front.centerRegion = undefined;
    expect(found).toMatchObject({ outcome: 'ok', detail: expect.stringContaining('ap-southeast-2') });
    expect(missed['identity-center']).toMatchObject({ outcome: 'warning', detail: expect.stringContaining(REGION) });
    expect(missed['permission-sets']).toMatchObject({ outcome: 'skipped' });
  });

  it('says that nobody is there, rather than that all is well', async () => {
    const store = world.front.overrides;
    store.set('ListUsers', async (call, usual) => {
      const reply = await usual();
      const text = String(reply.body).replace(/<Users>[\s\S]*<\/Users>/, '<Users></Users>');
      return call.json ? { ...reply, body: '{"Users":[]}' } : { ...reply, body: text };
    });
    store.set('ListRoles', async (_, usual) => {
      const reply = await usual();
      return { ...reply, body: String(reply.body).replace(/<Roles>[\s\S]*<\/Roles>/, '<Roles></Roles>') };
    });
    const { empty } = await checks();
    store.delete('ListUsers');
    store.delete('ListRoles');
    expect(empty).toMatchObject({ outcome: 'empty' });
  });

  it('takes an expired session for one that passes', async () => {
    world.front.overrides.set('ListInstances', (call) => refusal(call, 'ExpiredToken', 'expired'));
    const wish = { target: { kind: 'account', path: [ACCOUNT] }, permission: 'ReadOnly', principal: { kind: 'user', id: 'a@example.com' } };
    const error = await runner()
      .plan(wish)
      .catch((caught) => caught);
    world.front.overrides.delete('ListInstances');
    expect(error).toMatchObject({ name: 'RunnerError', code: 'TARGET_AUTH_FAILED', retryable: true });
  });

  it('waits where AWS throttles with status 400, and goes on', async () => {
    let refused = 0;
    world.front.overrides.set('ListPermissionSets', (call, usual) => {
      refused += 1;
      return refused < 3 ? refusal(call, 'Throttling', 'Rate exceeded') : usual();
    });
    const check = (await checks())['permission-sets'];
    world.front.overrides.delete('ListPermissionSets');
    expect(check).toMatchObject({ outcome: 'ok' });
    expect(refused).toBe(3);
  });

  it('answers RATE_LIMITED where AWS goes on throttling', async () => {
    world.front.overrides.set('ListInstances', (call) => refusal(call, 'Throttling', 'Rate exceeded'));
    const check = (await checks())['identity-center'];
    world.front.overrides.delete('ListInstances');
    expect(check).toMatchObject({ outcome: 'failed', detail: expect.stringContaining('rate limit') });
  });
});
