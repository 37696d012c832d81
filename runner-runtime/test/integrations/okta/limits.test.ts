import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { RunnerError } from '../../../src/errors.js';
import { Pacer } from '../../../src/integration-kit/http/pacer.js';
import { okta } from '../../../src/integrations/okta/integration.js';
import { refusal } from '../contract/contract.js';
import { wishesOf } from './contract-harness.js';
import { eachWithFreshOrg } from './fresh-org.js';

/** Calls that a plan may make. */
const PLANNED = [
  /^GET \/api\/v1\/org$/,
  /^GET \/api\/v1\/users\/[^/?]+$/,
  /^GET \/api\/v1\/users\?filter=profile\.login\+eq\+%22[^&#]*%22&limit=1$/,
  /^GET \/api\/v1\/users\/00u\w{17}\/roles\?expand=targets%2F(groups|catalog%2Fapps)$/,
  /^GET \/api\/v1\/groups\/00g\w{17}(\/roles)?$/,
  /^GET \/api\/v1\/apps\/0oa\w{17}$/,
  /^GET \/api\/v1\/iam\/resource-sets\/iam\w{17}$/,
  /^GET \/api\/v1\/iam\/roles\/cr0\w{17}$/,
];

describe('within the limits of the interface', () => {
  jest.setTimeout(60_000);
  const at = eachWithFreshOrg();

  it('waits for the end of a used-up rate limit instead of asking again and again', async () => {
    const principal = { kind: 'user', id: at.org.addPerson().id };
    const waits: number[] = [];
    const pacer = new Pacer(Date.now, async (ms) => {
      waits.push(ms);
      at.org.fake.reopen();
    });
    at.org.fake.closeFor(15);
    await okta.plan({ ...at.runner.access(), pacer }, { requestId: 'request', ...wishesOf(at.org).group, principal });
    expect(waits.length).toBeGreaterThan(0);
    expect(waits[0]).toBeGreaterThan(5_000);
    expect(at.org.fake.refusals).toBe(1);
  });

  it('leaves a long wait to the engine', async () => {
    const principal = { kind: 'user', id: at.org.addPerson().id };
    at.org.fake.closeFor(120);
    await expect(at.runner.plan({ ...wishesOf(at.org).group, principal })).rejects.toEqual(refusal('RATE_LIMITED'));
    expect(at.org.fake.refusals).toBe(1);
  });

  it('lets no name or id of a task leave its place in a request', async () => {
    const nasty = fc.oneof(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 }),
      fc.constantFrom('../../../api/v1/org', 'a/../b@example.com', '%2e%2e%2f', 'me', '"x" or "y"', 'a?limit=1#x', '\\" or id pr \\"'),
    );
    const kinds = fc.constantFrom(...okta.declaration.targets.map(({ kind }) => kind));
    await fc.assert(
      fc.asyncProperty(nasty, nasty, nasty, kinds, async (id, part, permission, kind) => {
        const from = at.org.fake.vendor.calls.length;
        const wishes = Object.values(wishesOf(at.org));
        const tries = [
          ...wishes.map((wish) => ({ ...wish, principal: { kind: 'user', id } })),
          ...wishes.map((wish) => ({ ...wish, permission, principal: { kind: 'user', id: at.org.runner.id } })),
          { target: { kind, path: [part] }, permission, principal: { kind: 'user', id } },
        ];
        for (const wish of tries) {
          const outcome = await at.runner.plan(wish).catch((error: unknown) => error);
          expect(outcome).toBeInstanceOf(RunnerError);
        }
        for (const call of at.org.fake.vendor.calls.slice(from)) expect(PLANNED.filter((pattern) => pattern.test(call))).not.toEqual([]);
      }),
      { numRuns: 30 },
    );
  });
});
