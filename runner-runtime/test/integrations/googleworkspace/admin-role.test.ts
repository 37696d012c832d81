import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { refusal } from '../contract/contract.js';
import { Organization } from './organization.js';

describe('a role of administrators', () => {
  jest.setTimeout(60_000);
  let org: Organization;
  let unit: string;
  let role: string;
  beforeAll(async () => {
    org = await Organization.start();
    unit = org.domain.addOrgUnit('/Sales');
    for (let index = 0; index < 150; index += 1) org.domain.addRole(`Role ${index}`);
    role = org.domain.addRole('_HELP_DESK_ADMIN_ROLE').roleId;
  });
  afterAll(() => org.stop());

  const unitTarget = () => ({ kind: 'orgunit', path: [org.domain.customerId, unit] });
  const assignmentsOf = (id: string) => [...org.domain.assignments.values()].filter(({ assignedTo }) => assignedTo === id);

  it('is given by its name, on any page of the list, and by its id', async () => {
    for (const permission of ['_HELP_DESK_ADMIN_ROLE', role]) {
      const user = org.newUser();
      const { intent } = await org.runner.grant({ target: org.customerTarget, permission, principal: user });
      expect(assignmentsOf(user.id)).toMatchObject([{ roleId: role, scopeType: 'CUSTOMER' }]);
      await org.runner.revert(intent);
      expect(assignmentsOf(user.id)).toEqual([]);
    }
  });

  it('on an organizational unit is another thing than on the whole organization', async () => {
    const user = org.newUser();
    const { intent } = await org.runner.grant({ target: unitTarget(), permission: role, principal: user });
    const { intent: wide } = await org.runner.grant({ target: org.customerTarget, permission: role, principal: user });
    expect(assignmentsOf(user.id)).toMatchObject([{ scopeType: 'ORG_UNIT', orgUnitId: unit }, { scopeType: 'CUSTOMER' }]);
    await org.runner.revert(intent);
    expect(await org.runner.verify(intent)).toMatchObject({
      proved: true,
      warnings: [expect.stringContaining('on the whole organization')],
    });
    expect(assignmentsOf(user.id)).toMatchObject([{ scopeType: 'CUSTOMER' }]);
    await org.runner.revert(wide);
    expect(assignmentsOf(user.id)).toEqual([]);
  });

  it('that remains through a group is named after its end', async () => {
    const user = org.newUser();
    const helpers = org.domain.addGroup('helpers', { security: true });
    org.join(user, 'MEMBER', helpers);
    org.domain.assign({ roleId: role, assignedTo: helpers.id, scopeType: 'CUSTOMER', byInterface: false });
    const { intent } = await org.runner.grant({ target: org.customerTarget, permission: role, principal: user });
    await org.runner.revert(intent);
    expect(await org.runner.verify(intent)).toMatchObject({ proved: true, warnings: [expect.stringContaining(helpers.id)] });
  });

  it('leaves the other roles of its holder', async () => {
    const user = org.newUser();
    const other = org.domain.addRole('Other');
    org.domain.assign({ roleId: other.roleId, assignedTo: user.id, scopeType: 'CUSTOMER', byInterface: false });
    const { intent } = await org.runner.grant({ target: org.customerTarget, permission: role, principal: user });
    await org.runner.revert(intent);
    expect(assignmentsOf(user.id)).toMatchObject([{ roleId: other.roleId }]);
  });

  it('is refused to a group that was not made for roles', async () => {
    const principal = { kind: 'group', id: org.domain.addGroup('friends').id };
    await expect(org.runner.grant({ target: org.customerTarget, permission: role, principal })).rejects.toEqual(refusal('UNSUPPORTED'));
  });

  it('is refused where the service account acts as somebody who may not give it', async () => {
    const wish = { target: org.customerTarget, permission: role, principal: org.newUser() };
    org.fake.administrator.isAdmin = false;
    await expect(org.runner.grant(wish)).rejects.toEqual(refusal('TARGET_PERMISSION_DENIED'));
    org.fake.administrator.isAdmin = true;
  });
});
