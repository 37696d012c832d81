import type { Check } from '@axiom-runner/protocol';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SCOPES } from '../../../src/integrations/googleworkspace/scopes.js';
import { newKey } from '../../support/fake-vendor/googleworkspace/fake-workspace.js';
import { forbidden, refusal as vendorRefusal } from '../../support/fake-vendor/googleworkspace/replies.js';
import { refusal } from '../contract/contract.js';
import { Organization } from './organization.js';

describe('the connection test of Google Workspace', () => {
  jest.setTimeout(60_000);
  let org: Organization;
  beforeEach(async () => {
    org = await Organization.start();
  });
  afterEach(() => org.stop());

  const check = async (name: string): Promise<Check | undefined> =>
    (await org.runner.testConnection()).find((entry) => entry.name === name);

  it('passes where everything is as the documentation says', async () => {
    expect((await org.runner.testConnection()).filter(({ outcome }) => outcome !== 'ok')).toEqual([]);
  });

  it.each([
    ['a key that was deleted', () => replaceKey(), 'the key', /deleted or disabled/],
    ['a disabled service account', () => disable(), 'the account', /disabled/],
    ['a wrong clock', () => setClock(org.runner.seconds + 7200), 'the clock', /clock/],
    ['a suspended administrator', () => suspend(), 'the user', /suspended/],
  ])('tells %s', async (_, spoil, __, detail) => {
    spoil();
    expect(await check('token')).toMatchObject({ outcome: 'authentication_failed', detail: expect.stringMatching(detail) });
    expect(await check('empty')).toMatchObject({ outcome: 'skipped' });
  });

  it('tells a service account without any delegation from one that lacks a scope', async () => {
    org.fake.account.scopes.clear();
    expect(await check('token')).toMatchObject({
      outcome: 'authentication_failed',
      mend: expect.stringContaining('100000000000000000001'),
    });
  });

  it.each(Object.entries(SCOPES).filter(([name]) => name !== 'expiry'))(
    'names the scope for %s where it is not delegated, and goes on',
    async (name, scope) => {
      org.fake.account.scopes.delete(scope);
      const checks = await org.runner.testConnection();
      expect(checks.find((entry) => entry.name === `scope-${name}`)).toMatchObject({
        outcome: 'permission_missing',
        detail: expect.stringContaining(scope),
      });
      expect(checks.filter(({ outcome }) => outcome === 'permission_missing')).toHaveLength(1);
      expect(checks.filter(({ outcome }) => outcome === 'ok').length).toBeGreaterThan(5);
    },
  );

  it('tells an API that is not enabled', async () => {
    org.fake.router.enabled.delete('admin.googleapis.com');
    expect(await check('api')).toMatchObject({
      outcome: 'permission_missing',
      detail: expect.stringContaining('not enabled'),
      mend: expect.stringContaining('gcloud services enable admin.googleapis.com'),
    });
  });

  it('tells another organization', async () => {
    const checks = await org.runner.testConnection({ secret: org.fake.secret({ customer_id: 'C0other' }) });
    expect(checks.find(({ name }) => name === 'customer')).toMatchObject({ outcome: 'failed', detail: expect.stringContaining('C0other') });
  });

  it('tells an administrator without a privilege', async () => {
    org.fake.router.before = ({ path }) => (path.endsWith('/groups') ? forbidden() : undefined);
    expect(await check('scope-groups')).toMatchObject({
      outcome: 'permission_missing',
      detail: expect.stringContaining('may not do this'),
    });
    expect(await check('scope-users')).toMatchObject({ outcome: 'ok' });
    expect(await check('empty')).toMatchObject({ outcome: 'skipped' });
  });

  it('warns of an administrator who may give no roles', async () => {
    org.fake.administrator.isAdmin = false;
    expect(await check('administrator')).toMatchObject({ outcome: 'warning' });
  });

  it('warns where Google ends no memberships by itself', async () => {
    org.fake.router.enabled.delete('cloudidentity.googleapis.com');
    expect(await check('native-expiry')).toMatchObject({
      outcome: 'warning',
      mend: expect.stringContaining('cloudidentity.googleapis.com'),
    });
    org.fake.account.scopes.delete(SCOPES.expiry);
    expect(await check('native-expiry')).toMatchObject({ outcome: 'warning', mend: expect.stringContaining('Domain-wide delegation') });
  });

  it('tells an organization without groups', async () => {
    org.domain.groups.clear();
    expect(await check('empty')).toMatchObject({ outcome: 'empty', detail: 'No group is seen.' });
  });

  it('changes nothing', async () => {
    await org.runner.testConnection();
    expect(org.fake.vendor.calls.filter((call) => !/^(GET |POST \/token$)/.test(call))).toEqual([]);
  });

  function replaceKey(): void {
    org.fake.tokens.add('runner@project-1.iam.gserviceaccount.com', 'another-key', newKey(), []);
  }
  function disable(): void {
    org.fake.account.disabled = true;
  }
  function setClock(seconds: number): void {
    org.fake.tokens.now = seconds;
  }
  function suspend(): void {
    org.fake.administrator.suspended = true;
  }
});

describe('limits of Google Workspace', () => {
  let org: Organization;
  beforeEach(async () => {
    org = await Organization.start();
  });
  afterEach(() => org.stop());

  it('are waited for where they are of the moment', async () => {
    const user = org.newUser();
    for (const reason of ['userRateLimitExceeded', 'rateLimitExceeded']) {
      let refusals = 2;
      org.fake.router.before = ({ method }) =>
        method === 'POST' && refusals-- > 0 ? vendorRefusal(403, reason, 'Rate Limit Exceeded') : undefined;
      const { intent } = await org.runner.grant({ target: org.groupTarget, permission: 'OWNER', principal: user });
      expect(org.roleOf(user)).toBe('OWNER');
      await org.runner.revert(intent);
    }
  });

  it('are an answer where they last', async () => {
    org.fake.router.before = ({ method }) => (method === 'POST' ? vendorRefusal(403, 'quotaExceeded', 'Quota exceeded') : undefined);
    const wish = { target: org.groupTarget, permission: 'OWNER', principal: org.newUser() };
    await expect(org.runner.grant(wish)).rejects.toEqual(refusal('RATE_LIMITED'));
    expect(org.fake.vendor.calls.filter((call) => call.startsWith('POST /admin'))).toHaveLength(1);
  });
});
