import {
  AttachGroupPolicyCommand,
  CreateGroupCommand,
  CreateUserCommand,
  DeleteUserCommand,
  RemoveUserFromGroupCommand,
} from '@aws-sdk/client-iam';
import { CreateGroupMembershipCommand } from '@aws-sdk/client-identitystore';
import {
  AttachManagedPolicyToPermissionSetCommand,
  CreateAccountAssignmentCommand,
  CreatePermissionSetCommand,
  ListAccountAssignmentsCommand,
} from '@aws-sdk/client-sso-admin';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { aws } from '../../../src/integrations/aws/integration.js';
import { answer } from '../../support/fake-vendor/aws/replies.js';
import { RunnerHarness } from '../runner-harness.js';
import { ACCOUNT, AwsWorld, PERMISSION_SET, SYSTEM } from './world.js';

jest.setTimeout(60_000);

const ADMINISTRATOR = 'arn:aws:iam::aws:policy/AdministratorAccess';
const POLICY = '{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}';

describe('grants of aws', () => {
  let world: AwsWorld;
  let runner: RunnerHarness<Parameters<typeof aws.plan>[0]['secret'], Parameters<typeof aws.apply>[1]['state']>;
  beforeAll(async () => {
    world = await AwsWorld.start();
    runner = new RunnerHarness(aws, SYSTEM, world.secret());
  }, 120_000);
  afterAll(() => world.stop());

  const target = { kind: 'account', path: [ACCOUNT] };
  const member = { target: { kind: 'iam-group', path: ['operators'] }, permission: 'Member' };
  const assign = async (PermissionSetArn: string, PrincipalType: 'USER' | 'GROUP', PrincipalId: string) => {
    const where = { InstanceArn: world.instance, TargetId: ACCOUNT, TargetType: 'AWS_ACCOUNT' as const };
    await world.admin.sso.send(new CreateAccountAssignmentCommand({ ...where, PermissionSetArn, PrincipalType, PrincipalId }));
  };

  it('take a permission set by its ARN, and a group by its name', async () => {
    const group = await world.newGroup('on call');
    const wish = { target, permission: world.permissionSet, principal: { kind: 'group', id: 'on call' } };
    const { intent } = await runner.grant(wish);
    const of = { InstanceArn: world.instance, AccountId: ACCOUNT, PermissionSetArn: world.permissionSet };
    const { AccountAssignments: found } = await world.admin.sso.send(new ListAccountAssignmentsCommand(of));
    expect(found).toContainEqual(expect.objectContaining({ PrincipalType: 'GROUP', PrincipalId: group.id }));
    await runner.revert(intent);
    expect(await runner.verify(intent)).toMatchObject({ proved: true });
  });

  it('name the group through which a user still has the permission set', async () => {
    const user = await world.newUser();
    const group = await world.newGroup('auditors');
    const membership = { IdentityStoreId: world.storeId, GroupId: group.id, MemberId: { UserId: user.id } };
    await world.admin.store.send(new CreateGroupMembershipCommand(membership));
    await assign(world.permissionSet, 'GROUP', group.id);
    const { intent } = await runner.grant({ target, permission: PERMISSION_SET, principal: user });
    await runner.revert(intent);
    expect(await runner.verify(intent)).toMatchObject({ proved: true, warnings: [expect.stringContaining(group.id)] });
  });

  it('wait for AWS, and say where it fails', async () => {
    const user = await world.newUser();
    const failed = () => answer({ AccountAssignmentCreationStatus: { Status: 'FAILED', FailureReason: 'the text of the vendor' } });
    world.front.overrides.set('DescribeAccountAssignmentCreationStatus', failed);
    const intent = await runner.plan({ target, permission: PERMISSION_SET, principal: user });
    const error = await runner.apply(intent).catch((caught: unknown) => caught);
    world.front.overrides.delete('DescribeAccountAssignmentCreationStatus');
    expect(error).toMatchObject({ name: 'RunnerError', code: 'CONFLICT', retryable: true });
    expect(String(error)).not.toContain('the text of the vendor');
    await runner.revert(intent);
    expect(await runner.verify(intent)).toMatchObject({ proved: true });
  });

  it('end a policy in a request also where somebody has assigned it further', async () => {
    const [user, other] = [await world.newUser(), await world.newUser()];
    let made = '';
    world.front.overrides.set('CreateAccountAssignment', (call, usual) => {
      made = String(call.input['PermissionSetArn']);
      return usual();
    });
    const { intent } = await runner.grant({ target, permission: POLICY, principal: user });
    world.front.overrides.delete('CreateAccountAssignment');
    await assign(made, 'USER', other.id);
    const { actions } = await runner.revert(intent);
    expect(actions).toContainEqual(expect.stringContaining(other.id));
    expect(await runner.verify(intent)).toMatchObject({ proved: true });
  });

  it('touch no later user of the same name', async () => {
    const user = await world.newIamUser();
    const { intent } = await runner.grant({ ...member, principal: user });
    const { iam } = world.admin;
    await iam.send(new RemoveUserFromGroupCommand({ GroupName: 'operators', UserName: user.id }));
    await iam.send(new DeleteUserCommand({ UserName: user.id }));
    await iam.send(new CreateUserCommand({ UserName: user.id }));
    await runner.revert(intent);
    expect(await runner.verify(intent)).toMatchObject({ proved: true });
  });

  it('do not let anybody take the place of the runner', async () => {
    const [user, robot] = [await world.newUser(), await world.newIamUser()];
    const set = { InstanceArn: world.instance, Name: 'Administrator' };
    const { PermissionSet: made } = await world.admin.sso.send(new CreatePermissionSetCommand(set));
    await world.admin.sso.send(
      new AttachManagedPolicyToPermissionSetCommand({
        InstanceArn: world.instance,
        PermissionSetArn: made?.PermissionSetArn,
        ManagedPolicyArn: ADMINISTRATOR,
      }),
    );
    await world.admin.iam.send(new CreateGroupCommand({ GroupName: 'administrators' }));
    await world.admin.iam.send(new AttachGroupPolicyCommand({ GroupName: 'administrators', PolicyArn: ADMINISTRATOR }));
    for (const wish of [
      { target, permission: 'Administrator', principal: user },
      { target: { kind: 'iam-group', path: ['administrators'] }, permission: 'Member', principal: robot },
      { target: { kind: 'iam-policy', path: [ADMINISTRATOR] }, permission: 'Attached', principal: robot },
    ]) {
      await expect(runner.plan(wish)).rejects.toMatchObject({ code: 'UNSUPPORTED', mend: expect.stringContaining('role of the secret') });
    }
  });

  it("do not give anybody another access's permission set", async () => {
    const [user, other] = [await world.newUser(), await world.newUser()];
    const { intent } = await runner.grant({ target, permission: POLICY, principal: user });
    const permission = 'object' in intent.state ? intent.state.object : '';
    await expect(runner.plan({ target, permission, principal: other })).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    await runner.revert(intent);
  });
});
