import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RunnerError } from '../../../src/errors.js';
import { endOf, until } from '../../../src/integrations/gcp/conditions.js';
import { ORGANIZATION, Organization } from './organization.js';

describe('names and ids from a task', () => {
  let organization: Organization;
  let runner: ReturnType<Organization['newRunner']>;

  beforeAll(async () => {
    organization = await Organization.start();
    runner = organization.newRunner();
  });
  afterAll(() => organization.stop());

  /** Nasty by themselves, and as a part of something that looks right. */
  const nasty = fc.oneof(
    fc.string({ minLength: 1, maxLength: 40, unit: 'binary' }),
    fc.constantFrom(
      '..',
      '.',
      '/',
      '%2e%2e',
      'a/../b',
      '-',
      '?x=1',
      '#',
      'shop-prod:setIamPolicy',
      '100:move',
      'roles/../x',
      'x\r\ny',
      '1e3',
      '0100',
    ),
    fc.string({ maxLength: 10 }).map((text) => `shop-prod${text}`),
    fc.string({ maxLength: 10 }).map((text) => `roles/${text}`),
    fc.string({ maxLength: 10 }).map((text) => `${text}@shop-prod.iam.gserviceaccount.com`),
  );
  /** What requests may be made of; whatever else would have left its place. */
  const ALLOWED = [
    /^POST \/token$/,
    /^GET \/v3\/(folders\/[1-9]\d*|projects\/[a-z0-9.%A-]+|organizations\/\d+)$/,
    /^POST \/v3\/organizations\/\d+:testIamPermissions$/,
    /^GET \/v1\/((organizations|projects)\/[a-z0-9.%A-]+\/)?roles\/[A-Za-z0-9_.]+$/,
    /^GET \/v1\/projects\/[a-z0-9-]+\/serviceAccounts\/[^/?#]+$/,
    /^POST \/v1\/projects\/[a-z0-9-]+\/serviceAccounts\/[^/?#]+:testIamPermissions$/,
  ];

  it('reach Google only in their place, or are refused with a typed error', async () => {
    const { calls } = organization.cloud.vendor;
    const wishes = fc.record({
      target: fc.record({
        kind: fc.constantFrom('organization', 'folder', 'project', 'serviceaccount', 'bucket', '__proto__'),
        path: fc.array(fc.oneof(fc.constant(ORGANIZATION), fc.constant('shop-prod'), nasty), { minLength: 1, maxLength: 4 }),
      }),
      permission: fc.oneof(fc.constantFrom('Token', 'roles/viewer', 'roles/storage.objectViewer'), nasty),
      principal: fc.option(
        fc.record({ kind: fc.constantFrom('user', 'group', 'serviceaccount', 'constructor'), id: fc.oneof(nasty, fc.emailAddress()) }),
        { nil: undefined },
      ),
    });
    await fc.assert(
      fc.asyncProperty(wishes, async (wish) => {
        const start = calls.length;
        const outcome = await runner.plan(wish).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(RunnerError);
        for (const call of calls.slice(start)) expect(ALLOWED.some((allowed) => allowed.test(call)) ? 'allowed' : call).toBe('allowed');
      }),
      { numRuns: 300, seed: 1 },
    );
  }, 60_000);

  it('are taken in any case, and written as Google writes them', async () => {
    const { id } = organization.newPerson('user');
    const wish = { target: { kind: 'project', path: [ORGANIZATION, 'shop-prod'] }, permission: 'roles/logging.viewer' };
    const intent = await runner.plan({ ...wish, principal: { kind: 'user', id: id.toUpperCase() } });
    expect(intent).toMatchObject({ principal: { id: id.toUpperCase() }, state: { member: `user:${id}` } });
  });
});

describe('conditions', () => {
  it('say when they end', () => {
    fc.assert(fc.property(fc.integer({ min: 1_600_000_000, max: 4_000_000_000 }), (end) => expect(endOf(until(end))).toBe(end)));
    expect(endOf("resource.name == 'x' && request.time <= timestamp('2030-01-01T00:00:00Z')")).toBe(Date.UTC(2030, 0, 1) / 1000);
  });

  it.each([
    'request.time < timestamp("2030-01-01T00:00:00Z") || true',
    '!(request.time < timestamp("2030-01-01T00:00:00Z"))',
    'request.time < timestamp("someday")',
    'request.time > timestamp("2030-01-01T00:00:00Z")',
    'true',
  ])('have no known end: %s', (expression) => {
    expect(endOf(expression)).toBeUndefined();
  });
});
