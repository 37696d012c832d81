import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { RunnerError } from '../../../src/errors.js';
import { aws } from '../../../src/integrations/aws/integration.js';
import { RunnerHarness } from '../runner-harness.js';
import { ACCOUNT, AwsWorld, PERMISSION_SET, SYSTEM } from './world.js';

jest.setTimeout(120_000);

const KINDS = ['account', 'iam-group', 'iam-policy', 'role'] as const;
const hostile = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 80 }).filter((text) => !text.includes('\0')),
  fc.constantFrom(
    '../..',
    '..%2f..',
    "' OR 1=1",
    '*',
    '${aws:username}',
    'arn:aws:iam::*:role/*',
    'a&Action=DeleteUser',
    '\r\nHost: example.com',
    '{',
  ),
  fc.string({ maxLength: 20 }).map((text) => `arn:aws:iam::${ACCOUNT}:role/${text}`),
  fc.string({ maxLength: 20 }).map((text) => `arn:aws:sso:::permissionSet/ssoins-0000000000000000/ps-${text}`),
);

describe('whatever a task says', () => {
  let world: AwsWorld;
  beforeAll(async () => {
    world = await AwsWorld.start();
  }, 120_000);
  afterAll(() => world.stop());

  it('is refused with a typed error, or asked of AWS in the form that AWS takes', async () => {
    const runner = new RunnerHarness(aws, SYSTEM, world.secret());
    const user = await world.newUser();
    const robot = await world.newIamUser();
    const seen: { readonly action: string; readonly input: Readonly<Record<string, unknown>> }[] = [];
    for (const action of ['GetRole', 'GetPolicy', 'GetGroup', 'DescribeAccount', 'GetUser', 'DescribeUser', 'DescribePermissionSet']) {
      world.front.overrides.set(action, (call, usual) => {
        seen.push(call);
        return usual();
      });
    }
    const principals = fc.constantFrom(undefined, user, robot);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...KINDS),
        hostile,
        fc.oneof(hostile, fc.constantFrom(PERMISSION_SET, 'Member', 'Attached', 'Session')),
        principals,
        async (kind, element, permission, principal) => {
          const outcome = await runner.plan({ target: { kind, path: [element] }, permission, principal }).catch((error: unknown) => error);
          expect(outcome).toBeInstanceOf(RunnerError);
          expect(['UNSUPPORTED', 'TARGET_NOT_FOUND', 'PERMISSION_NOT_FOUND', 'PRINCIPAL_NOT_FOUND']).toContain(
            (outcome as RunnerError).code,
          );
        },
      ),
      { numRuns: 150, seed: 20_260_101 },
    );
    await fc.assert(
      fc.asyncProperty(hostile, fc.constantFrom('user', 'group', 'iam-user'), async (id, kind) => {
        const target = kind === 'iam-user' ? { kind: 'iam-group', path: ['operators'] } : { kind: 'account', path: [ACCOUNT] };
        const permission = kind === 'iam-user' ? 'Member' : PERMISSION_SET;
        const outcome = await runner.plan({ target, permission, principal: { kind, id } }).catch((error: unknown) => error);
        expect(outcome).toMatchObject({ name: 'RunnerError', code: 'PRINCIPAL_NOT_FOUND' });
      }),
      { numRuns: 100, seed: 20_260_102 },
    );
    expect(new Set(world.front.vendor.calls)).toEqual(new Set(['POST /']));
    const names = seen
      .flatMap(({ input }) => [input['RoleName'], input['GroupName'], input['UserName']])
      .filter((name) => name !== undefined);
    for (const name of names) expect(name).toMatch(/^[\w+=,.@-]{1,128}$/);
  });
});
