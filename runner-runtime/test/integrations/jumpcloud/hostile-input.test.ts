import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RunnerError } from '../../../src/errors.js';
import { stateSchema } from '../../../src/integrations/jumpcloud/state.js';
import { type Bench, startBench } from './bench.js';

/** Calls that a plan may make. */
const PLANNED = [
  /^GET \/api\/systemusers\/[0-9a-f]{24}\?fields=[a-z+]+$/,
  /^GET \/api\/systemusers\?fields=[a-z+]+&filter=(username|email)%3A%24eq%3A[^&#:*,]+&sort=_id&limit=2&skip=0$/,
  /^GET \/api\/v2\/usergroups\/[0-9a-f]{24}$/,
  /^GET \/api\/applications\/[0-9a-f]{24}$/,
  /^GET \/api\/systems\/[0-9a-f]{24}\?fields=[a-zA-Z+]+$/,
  /^GET \/api\/v2\/users\/[0-9a-f]{24}\/systems\?limit=100&skip=0$/,
];

describe('names and ids from a task', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await startBench();
  });
  afterEach(() => bench.stop());

  const nasty = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom('..', '.', '', 'a/../b', '%2e%2e', 'x?limit=0', 'x#y', 'a&filter=b', 'a:$ne:b', '*', 'x'.repeat(5000), '0'.repeat(24)),
    fc.stringMatching(/^[0-9a-f]{24}$/),
    fc.emailAddress(),
  );

  it('never leave their place in a request, and are refused with a typed error', async () => {
    const { directory, runner } = bench;
    const known = directory.newUser();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('group', 'application', 'device'),
        fc.array(nasty, { minLength: 1, maxLength: 2 }),
        fc.boolean(),
        nasty,
        fc.constantFrom('user', 'group'),
        async (kind, path, isKnownTarget, id, principalKind) => {
          const wish = directory.wishes[kind];
          const target = isKnownTarget ? wish.target : { kind, path };
          const before = directory.fake.vendor.calls.length;
          const planned = runner.plan({ ...wish, target, principal: { kind: principalKind, id } });
          await expect(planned).rejects.toBeInstanceOf(RunnerError);
          for (const call of directory.fake.vendor.calls.slice(before)) {
            expect({ call, isPlanned: PLANNED.some((pattern) => pattern.test(call)) }).toEqual({ call, isPlanned: true });
          }
        },
      ),
      { numRuns: 150 },
    );
    await runner.plan({ ...directory.wishes.device, principal: { kind: 'user', id: known.id } });
  });

  it('in the state of an intent are ids, or the intent is refused', () => {
    const id = '0'.repeat(24);
    const remarks = `axm_${'a'.repeat(24)}`;
    expect(stateSchema.safeParse({ way: 'device', slot: [id, id, remarks], value: ['Admin'] }).success).toBe(true);
    for (const slot of [[id], [id, '../x'], [id, id, id], [id, id, 'by hand'], ['', id, remarks]]) {
      expect(stateSchema.safeParse({ way: 'device', slot, value: ['Admin'] }).success).toBe(false);
      expect(stateSchema.safeParse({ way: 'membership', slot: [...slot, 'x'], value: ['Member'] }).success).toBe(false);
    }
    expect(stateSchema.safeParse({ way: 'application', slot: [id, 'system', id], value: ['Access'] }).success).toBe(false);
  });
});
