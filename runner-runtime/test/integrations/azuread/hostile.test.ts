import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { RunnerError } from '../../../src/errors.js';
import { SYSTEM, Tenant } from './tenant.js';

/** Every call that a plan may make; ids are ids, and names stand in filters only. */
const ALLOWED = [
  /^POST \/[0-9a-f-]{36}\/oauth2\/v2\.0\/token$/,
  /^GET \/v1\.0\/(users|groups|servicePrincipals)\/[0-9a-f-]{36}\?%24select=[\w%]+$/,
  /^GET \/v1\.0\/users\?%24filter=userPrincipalName\+eq\+%27[^&]*%27&%24select=id$/,
  /^GET \/v1\.0\/roleManagement\/directory\/roleDefinitions(\/[0-9a-f-]{36})?\?%24select=[\w%]+(&%24filter=displayName\+eq\+%27[^&]*%27)?$/,
];

describe('hostile tasks', () => {
  jest.setTimeout(60_000);
  let tenant: Tenant;
  beforeAll(async () => {
    tenant = await Tenant.start();
  });
  afterAll(() => tenant?.stop());

  it('lead no request to another place, and meet typed errors only', async () => {
    const { directory, vendor } = tenant.entra;
    const user = directory.newUser();
    const text = fc.oneof(
      fc.string({ minLength: 1, maxLength: 60, unit: 'binary' }),
      fc.constantFrom('..', '.', `${user.id}/memberOf`, `${user.id}?$select=*`, "x' or 1 eq 1 or 'y' eq 'y", '%2e%2e', `${user.id}\n`),
      fc.constantFrom(user.id, user.userPrincipalName, tenant.group.id, tenant.app.id, SYSTEM.id),
    );
    const request = fc.record({
      target: fc.record({
        kind: fc.constantFrom('group', 'directory', 'app', '__proto__'),
        path: fc.array(text, { minLength: 1, maxLength: 2 }),
      }),
      permission: fc.oneof(text, fc.constantFrom('Member', 'Reader', 'Reports Reader')),
      principal: fc.record({ kind: fc.constantFrom('user', 'group', 'service-principal', 'constructor'), id: text }),
    });
    const runner = tenant.runner();
    await fc.assert(
      fc.asyncProperty(request, async (wish) => {
        vendor.calls.length = 0;
        const outcome = await runner.plan(wish).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(RunnerError);
        expect(vendor.calls.filter((call) => !ALLOWED.some((allowed) => allowed.test(call)))).toEqual([]);
      }),
      { numRuns: 300, seed: 20_300_317 },
    );
  }, 60_000);

  it('cannot widen a filter by a quote in a name', async () => {
    const { directory } = tenant.entra;
    const user = directory.newUser("o'neil@contoso.onmicrosoft.com");
    const wish = { target: { kind: 'group', path: [tenant.group.id] }, permission: 'Member' };
    const plan = await tenant.runner().plan({ ...wish, principal: { kind: 'user', id: user.userPrincipalName } });
    expect(plan.state.slot).toEqual(['user', user.id, tenant.group.id]);
  });
});
