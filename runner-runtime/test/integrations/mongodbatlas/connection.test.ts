import { describe, expect, it } from '@jest/globals';
import { Pacer } from '../../../src/integration-kit/http/pacer.js';
import { mongodbatlas } from '../../../src/integrations/mongodbatlas/integration.js';
import { secretSchema } from '../../../src/integrations/mongodbatlas/secret.js';
import { refusal } from '../contract/contract.js';
import { eachWithFreshOrganization } from './bench.js';
import { user } from './organization.js';

describe('the connection', () => {
  const at = eachWithFreshOrganization();
  const outcomes = async (secret?: unknown) =>
    Object.fromEntries(
      (await at.runner.testConnection(secret === undefined ? {} : { secret })).map(({ name, outcome }) => [name, outcome]),
    );

  it('is in order with an Organization Owner that few addresses may use', async () => {
    expect(new Set(Object.values(await outcomes()))).toEqual(new Set(['ok']));
  });

  it('tells the roles of the key apart, and names the projects where it can give nothing', async () => {
    const { organization, runner } = at;
    const org = organization.world.org.id;
    const narrow = organization.otherKey([
      { orgId: org, roleName: 'ORG_READ_ONLY' },
      { groupId: organization.payments.id, roleName: 'GROUP_OWNER' },
    ]);
    const checks = await runner.testConnection({ secret: narrow.secret });
    expect(checks.filter(({ outcome }) => outcome !== 'ok')).toEqual([
      expect.objectContaining({ name: 'project-owner', outcome: 'warning', detail: expect.stringContaining('in website:') }),
      expect.objectContaining({ name: 'organization-owner', outcome: 'warning' }),
    ]);
    const reader = organization.otherKey([{ orgId: org, roleName: 'ORG_READ_ONLY' }]);
    expect(await outcomes(reader.secret)).toMatchObject({ 'organization-read': 'ok', 'project-owner': 'permission_missing' });
  });

  it('warns of a key that every address may use', async () => {
    const { secret } = at.organization.otherKey([{ orgId: at.organization.world.org.id, roleName: 'ORG_OWNER' }], []);
    expect(await outcomes(secret)).toMatchObject({ 'access-list': 'warning', organization: 'ok' });
  });

  it('says when there is no project', async () => {
    at.organization.world.projects.clear();
    expect(await outcomes()).toMatchObject({ empty: 'empty' });
  });

  it('takes an address with and without the path of the interface', () => {
    const { secret } = at.organization;
    const base = (address: string) => secretSchema.parse({ ...secret, api_base_url: address }).base;
    expect(base('https://cloud.mongodbgov.com/')).toBe('https://cloud.mongodbgov.com/api/atlas/v2');
    expect(base('https://cloud.mongodbgov.com/api/atlas/v2')).toBe('https://cloud.mongodbgov.com/api/atlas/v2');
    expect(secretSchema.parse({ ...secret, api_base_url: undefined }).base).toBe('https://cloud.mongodb.com/api/atlas/v2');
  });

  it('answers one challenge for many calls, and the next when the nonce is used up', async () => {
    const { fake } = at.organization;
    for (let count = 0; count < 50; count += 1) fake.world.addProject(`project-${count}`, 'Cluster0');
    const { warnings } = await at.runner.collect(undefined, 10_000);
    expect(warnings).toEqual([]);
    // A nonce is good for forty calls; the one that it is too old for comes again.
    expect(fake.challenges).toBe(Math.ceil(fake.vendor.calls.length / 41));
  });

  it('waits as long as Atlas asks where a limit is used up, and leaves a long wait to the engine', async () => {
    const { organization } = at;
    const wish = {
      requestId: 'request',
      target: organization.projectTarget(),
      permission: 'GROUP_READ_ONLY',
      principal: user(organization.newUser()),
    };
    const waits: number[] = [];
    const pacer = new Pacer(Date.now, async (ms) => {
      waits.push(ms);
      organization.fake.closedFor = 0;
    });
    organization.fake.closedFor = 12;
    await mongodbatlas.plan({ ...at.runner.access(), pacer }, wish);
    expect(waits.filter((ms) => ms >= 12_000)).toHaveLength(1);
    organization.fake.closedFor = 55;
    await expect(mongodbatlas.plan({ ...at.runner.access(), pacer }, wish)).rejects.toEqual(refusal('RATE_LIMITED'));
  });
});
