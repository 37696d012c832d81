import { describe, expect, it, jest } from '@jest/globals';
import { POWERLESS } from './example-org.js';
import { eachWithFreshOrg } from './fresh-org.js';

const LIMITED = 'aTokenOfAnAdminWithLimits';

describe('the connection test', () => {
  jest.setTimeout(60_000);
  const at = eachWithFreshOrg();

  /** Outcomes of the checks with a token, those that are ok left out. */
  async function outcomes(token?: string) {
    const checks = await at.runner.testConnection(token === undefined ? {} : { secret: at.org.secret({ token }) });
    return Object.fromEntries(checks.filter(({ outcome }) => outcome !== 'ok').map(({ name, outcome }) => [name, outcome]));
  }

  function addAdmin() {
    const admin = at.org.addPerson();
    at.org.world.addToken(LIMITED, admin);
    return admin;
  }

  it('finds nothing amiss with the token of a super admin', async () => {
    expect(await outcomes()).toEqual({});
  });

  it('tells an empty list that is a missing right from an empty org', async () => {
    expect(await outcomes(POWERLESS)).toEqual({
      connect: 'warning',
      users: 'empty',
      groups: 'empty',
      'groups-manage': 'warning',
      apps: 'empty',
      'apps-manage': 'warning',
      roles: 'permission_missing',
      'roles-manage': 'warning',
    });
  });

  it('says that the user of the token has no admin role, where Okta shows that', async () => {
    at.org.fake.showsOwnRoles = true;
    expect(await outcomes(POWERLESS)).toMatchObject({ token: 'permission_missing', 'groups-manage': 'permission_missing' });
  });

  it('tells an admin who may only look from one who may change', async () => {
    at.org.fake.showsOwnRoles = true;
    at.org.world.addRole({ kind: 'user', id: addAdmin().id }, 'READ_ONLY_ADMIN');
    expect(await outcomes(LIMITED)).toEqual({
      'groups-manage': 'permission_missing',
      'apps-manage': 'permission_missing',
      roles: 'permission_missing',
      'roles-manage': 'permission_missing',
    });
  });

  it('knows what the permissions of a custom role allow', async () => {
    const permissions = ['okta.users.read', 'okta.users.groupMembership.manage', 'okta.groups.members.manage', 'okta.iam.read'];
    const role = at.org.world.addCustomRole('Runner', permissions);
    at.org.world.bind(at.org.resourceSet.id, role.id, { kind: 'user', id: addAdmin().id });
    expect(await outcomes(LIMITED)).toEqual({
      connect: 'warning',
      apps: 'empty',
      'apps-manage': 'permission_missing',
      'roles-manage': 'permission_missing',
    });
  });

  it('says that a token is no longer valid once its user is deactivated', async () => {
    at.org.runner.status = 'DEPROVISIONED';
    expect(await outcomes()).toMatchObject({ connect: 'authentication_failed', token: 'skipped' });
  });
});
