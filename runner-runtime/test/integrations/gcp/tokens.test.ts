import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { refusal } from '../contract/contract.js';
import { ORGANIZATION, Organization } from './organization.js';

const EMAIL = 'deployer@shop-prod.iam.gserviceaccount.com';
const wish = { target: { kind: 'serviceaccount', path: [ORGANIZATION, 'shop-prod', EMAIL] }, permission: 'Token' };

describe('access tokens of a service account', () => {
  let organization: Organization;
  let runner: ReturnType<Organization['newRunner']>;

  beforeAll(async () => {
    organization = await Organization.start();
  });
  beforeEach(() => {
    runner = organization.newRunner();
  });
  afterAll(() => organization.stop());

  const lives = () =>
    [...organization.cloud.world.tokens.values()].filter(({ email }) => email === EMAIL).map(({ expiresAt }) => expiresAt);

  it('never outlive the access, nor an hour', async () => {
    const { now } = organization.cloud.world;
    const planned = await runner.plan(wish);
    await runner.apply({ ...planned, expiresAt: now + 600 });
    expect(lives().at(-1)).toBe(now + 600);
    const long = await runner.plan(wish);
    const { actions } = await runner.apply({ ...long, expiresAt: now + 36_000 });
    expect(lives().at(-1)).toBe(now + 3600);
    expect(actions.join()).toContain('ask again for another token');
  });

  it('say when they expire, and are proved gone from then on', async () => {
    const { intent, applied } = await runner.grant(wish);
    const end = new Date(intent.expiresAt * 1000).toISOString();
    expect(applied.actions.join()).toContain(`expires at ${end}`);
    expect(applied.credential).toMatchObject({ serviceAccount: EMAIL, expiresAt: end });
    expect((await runner.revert(intent)).warnings).toEqual([`the access token of ${EMAIL} cannot be revoked: expires at ${end}`]);
    expect(await runner.verify(intent)).toMatchObject({ proved: false });
    runner.seconds = intent.expiresAt;
    expect(await runner.verify(intent)).toMatchObject({ proved: true, observations: [{ answer: `it expired at ${end}` }] });
  });

  it('count to the last of those that were handed out', async () => {
    const intent = await runner.plan(wish);
    await runner.apply(intent);
    await runner.apply({ ...intent, expiresAt: intent.expiresAt - 600 });
    runner.seconds = intent.expiresAt - 1;
    await runner.revert(intent);
    expect(await runner.verify(intent)).toMatchObject({ proved: false });
  });

  it('are not proved gone too early when no record tells of them any more', async () => {
    const { intent } = await runner.grant(wish);
    const granted = { ...intent, expiresAt: intent.expiresAt + 36_000 };
    runner.passApplyWindow(intent);
    await runner.revert(granted);
    expect(await runner.listMarked()).toEqual([]);
    expect(await runner.verify(granted)).toMatchObject({ proved: false });
    // An hour after the last moment at which one could be made, and what a call takes.
    runner.seconds = granted.applyUntil + 3600 + 60;
    expect(await runner.verify(granted)).toMatchObject({ proved: true });
  });

  it('are not extended, and the refusal changes no record', async () => {
    const { intent } = await runner.grant(wish);
    const before = (await runner.listMarked()).at(-1);
    await expect(runner.extend({ ...intent, expiresAt: intent.expiresAt + 60 })).rejects.toEqual(refusal('UNSUPPORTED'));
    expect((await runner.listMarked()).at(-1)).toEqual(before);
  });

  it('are refused for an account that is disabled, or of which the runner is no Token Creator', async () => {
    const { world } = organization.cloud;
    const other = world.addAccount('other', 'shop-prod');
    const target = { kind: 'serviceaccount', path: [ORGANIZATION, 'shop-prod', other.email] };
    await expect(runner.plan({ ...wish, target })).rejects.toMatchObject({
      code: 'TARGET_PERMISSION_DENIED',
      mend: expect.stringContaining('roles/iam.serviceAccountTokenCreator'),
    });
    other.disabled = true;
    await expect(runner.plan({ ...wish, target })).rejects.toEqual(refusal('UNSUPPORTED'));
    const misplaced = { kind: 'serviceaccount', path: [ORGANIZATION, 'sandbox', EMAIL] };
    await expect(runner.plan({ ...wish, target: misplaced })).rejects.toEqual(refusal('TARGET_NOT_FOUND'));
  });
});
