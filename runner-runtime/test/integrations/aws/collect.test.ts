import { AddUserToGroupCommand } from '@aws-sdk/client-iam';
import { CreateGroupMembershipCommand } from '@aws-sdk/client-identitystore';
import { CreateAccountAssignmentCommand } from '@aws-sdk/client-sso-admin';
import type { Principal } from '@axiom-runner/protocol';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { aws } from '../../../src/integrations/aws/integration.js';
import { answer, refusal } from '../../support/fake-vendor/aws/replies.js';
import { RunnerHarness } from '../runner-harness.js';
import { ACCOUNT, AwsWorld, PERMISSION_SET, SYSTEM } from './world.js';

jest.setTimeout(60_000);

describe('the collection of aws', () => {
  let world: AwsWorld;
  let runner: RunnerHarness<Parameters<typeof aws.plan>[0]['secret'], Parameters<typeof aws.apply>[1]['state']>;
  let user: Principal;
  let group: Principal;
  let robot: Principal;
  beforeAll(async () => {
    world = await AwsWorld.start();
    runner = new RunnerHarness(aws, SYSTEM, world.secret());
    user = await world.newUser();
    group = await world.newGroup('people & robots');
    robot = await world.newIamUser();
    const { admin, storeId: IdentityStoreId, instance: InstanceArn, permissionSet: PermissionSetArn } = world;
    await admin.store.send(new CreateGroupMembershipCommand({ IdentityStoreId, GroupId: group.id, MemberId: { UserId: user.id } }));
    const onAccount = { InstanceArn, PermissionSetArn, TargetId: ACCOUNT, TargetType: 'AWS_ACCOUNT' as const };
    await admin.sso.send(new CreateAccountAssignmentCommand({ ...onAccount, PrincipalType: 'GROUP', PrincipalId: group.id }));
    await admin.iam.send(new AddUserToGroupCommand({ GroupName: 'operators', UserName: robot.id }));
    await world.attach(robot.id, world.policy);
  }, 120_000);
  afterAll(() => world.stop());

  const during = async <T>(
    action: string,
    override: Parameters<typeof world.front.overrides.set>[1],
    work: () => Promise<T>,
  ): Promise<T> => {
    world.front.overrides.set(action, override);
    try {
      return await work();
    } finally {
      world.front.overrides.delete(action);
    }
  };

  it('shows the organization, Identity Center and IAM', async () => {
    const { items, warnings } = await runner.collectAll(1000);
    expect(warnings).toEqual([]);
    expect(items).toEqual(
      expect.arrayContaining([
        { item: 'target', target: { kind: 'account', path: [ACCOUNT] }, displayName: expect.any(String) },
        {
          item: 'target',
          target: { kind: 'ou', path: [expect.stringMatching(/^r-/), expect.stringMatching(/^ou-/)] },
          displayName: 'workloads',
        },
        { item: 'permission', permission: PERMISSION_SET, targetKind: 'account' },
        { item: 'principal', principal: user, displayName: expect.any(String) },
        { item: 'principal', principal: group, displayName: 'people & robots' },
        { item: 'assignment', principal: user, permission: 'Member', target: { kind: 'group', path: [group.id] } },
        { item: 'assignment', principal: group, permission: PERMISSION_SET, target: { kind: 'account', path: [ACCOUNT] } },
        { item: 'principal', principal: robot },
        { item: 'assignment', principal: robot, permission: 'Member', target: { kind: 'iam-group', path: ['operators'] } },
        { item: 'assignment', principal: robot, permission: 'Attached', target: { kind: 'iam-policy', path: [world.policy] } },
        { item: 'target', target: { kind: 'iam-policy', path: [world.policy] }, displayName: 'read-logs' },
        { item: 'target', target: { kind: 'role', path: [world.role.arn] }, displayName: 'deployer' },
      ]),
    );
  });

  it('goes on in any process, and ends, where there are ten thousand users', async () => {
    const total = 10_000;
    const idAt = (index: number) => `${index.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
    const pages = (call: { readonly input: Readonly<Record<string, unknown>> }) => {
      const from = Number(call.input['NextToken'] ?? 0);
      const size = Number(call.input['MaxResults'] ?? 100);
      const Users = Array.from({ length: Math.min(size, total - from) }, (_, index) => ({
        UserId: idAt(from + index),
        UserName: `user-${from + index}`,
        IdentityStoreId: world.storeId,
      }));
      return answer({ Users, ...(from + size < total && { NextToken: String(from + size) }) });
    };
    await during('ListUsers', pages, async () => {
      const seen = new Set<string>();
      let cursor: string | undefined;
      do {
        const next = await new RunnerHarness(aws, SYSTEM, world.secret()).collect(cursor, 500);
        expect(next.items.length).toBeLessThanOrEqual(700);
        for (const item of next.items) if (item.item === 'principal' && item.principal.kind === 'user') seen.add(item.principal.id);
        cursor = next.next;
      } while (cursor !== undefined);
      expect(seen.size).toBe(total);
    });
  });

  it('leaves out a group that vanishes while it is read', async () => {
    const whole = await runner.collectAll(1000);
    const gone = (call: { readonly json: boolean }) => refusal(call, 'ResourceNotFound', 'GROUP not found.');
    const { items } = await during('ListGroupMemberships', gone, () => runner.collectAll(1000));
    expect(items.length).toBe(whole.items.length - 1);
  });

  it('shows the own account with a warning where the others may not be read', async () => {
    const denied = (call: { readonly json: boolean }) => refusal(call, 'AccessDenied', 'no');
    const { items, warnings } = await during('ListAccounts', denied, () => runner.collectAll(1000));
    expect(items).toContainEqual({ item: 'target', target: { kind: 'account', path: [ACCOUNT] } });
    expect(warnings).toEqual([expect.stringContaining(ACCOUNT)]);
  });

  it('goes on with a warning where a part may not be read', async () => {
    const denied = (call: { readonly json: boolean }) => refusal(call, 'AccessDenied', 'no', 403);
    const { items, warnings } = await during('GetAccountAuthorizationDetails', denied, () => runner.collectAll(1000));
    expect(items).toContainEqual(expect.objectContaining({ item: 'principal', principal: user }));
    expect(warnings).toHaveLength(3);
  });

  it('shows IAM where there is no Identity Center', async () => {
    const { items, warnings } = await during(
      'ListInstances',
      () => answer({ Instances: [] }),
      () => runner.collectAll(1000),
    );
    expect(items).toContainEqual({ item: 'principal', principal: robot });
    expect(items).not.toContainEqual(expect.objectContaining({ principal: user }));
    expect(warnings).toEqual([expect.stringContaining('no IAM Identity Center')]);
  });

  it('refuses a cursor that is not its own', async () => {
    for (const cursor of ['', '{}', '{"stage":"elsewhere","size":10}', '[1]']) {
      await expect(runner.collect(cursor, 10)).rejects.toMatchObject({ code: 'TASK_REJECTED' });
    }
  });
});
