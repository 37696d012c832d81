import { GetRolePolicyCommand, ListRolePoliciesCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { aws } from '../../../src/integrations/aws/integration.js';
import { RunnerHarness } from '../runner-harness.js';
import { ACCOUNT, AwsWorld, SYSTEM } from './world.js';

jest.setTimeout(60_000);
const HOUR_SECONDS = 3600;

describe('temporary credentials of a role', () => {
  let world: AwsWorld;
  let runner: RunnerHarness<Parameters<typeof aws.plan>[0]['secret'], Parameters<typeof aws.apply>[1]['state']>;
  beforeAll(async () => {
    world = await AwsWorld.start();
    runner = new RunnerHarness(aws, SYSTEM, world.secret());
  }, 120_000);
  afterAll(() => world.stop());

  const wish = () => ({ target: { kind: 'role', path: [world.role.arn] }, permission: 'Session' });
  const policies = async () => (await world.admin.iam.send(new ListRolePoliciesCommand({ RoleName: world.role.name }))).PolicyNames ?? [];
  const document = async (PolicyName: string) =>
    JSON.parse(
      decodeURIComponent(
        (await world.admin.iam.send(new GetRolePolicyCommand({ RoleName: world.role.name, PolicyName }))).PolicyDocument ?? '',
      ),
    );

  it('end alone: another session of the same role goes on', async () => {
    const first = await runner.grant(wish());
    const second = await runner.grant(wish());
    await runner.revert(first.intent);
    const mayAct = ({ applied }: typeof first) => world.front.roles.mayAct(applied.credential?.['access_key_id'] ?? '');
    expect([mayAct(first), mayAct(second)]).toEqual([false, true]);
    await runner.revert(second.intent);
  });

  it('cannot be used to take on further roles, or to change IAM', async () => {
    let policy = '';
    world.front.overrides.set('AssumeRole', (call, usual) => {
      policy = String(call.input['Policy'] ?? policy);
      return usual();
    });
    const { intent } = await runner.grant({ ...wish(), permission: '{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}' });
    world.front.overrides.delete('AssumeRole');
    expect(JSON.parse(policy).Statement).toContainEqual(
      expect.objectContaining({ Effect: 'Deny', Action: expect.arrayContaining(['iam:*', 'sts:AssumeRole*']), Resource: '*' }),
    );
    await runner.revert(intent);
  });

  it('say when they expire, at most an hour ahead', async () => {
    let seconds = 0;
    world.front.overrides.set('AssumeRole', (call, usual) => {
      seconds = Number(call.input['DurationSeconds'] ?? seconds);
      return usual();
    });
    const planned = await runner.plan(wish());
    const { actions, credential } = await runner.apply({ ...planned, expiresAt: planned.expiresAt + 10 * HOUR_SECONDS });
    world.front.overrides.delete('AssumeRole');
    expect(seconds).toBe(HOUR_SECONDS);
    expect(actions).toEqual([expect.stringContaining(`expires at ${credential?.['expires_at']}`)]);
    await runner.revert(planned);
  });

  it('leave no denial behind for longer than a session can last', async () => {
    const { intent } = await runner.grant(wish());
    await runner.revert(intent);
    expect(await policies()).toContain(intent.principal.id);
    expect((await document(intent.principal.id)).Statement[0].Condition).toEqual({
      StringEquals: { 'aws:userid': `${world.role.id}:${intent.principal.id}` },
    });
    await world.admin.iam.send(
      new PutRolePolicyCommand({
        RoleName: world.role.name,
        PolicyName: 'axm_by-hand',
        PolicyDocument: JSON.stringify(await document(intent.principal.id)),
      }),
    );
    runner.passApplyWindow(intent);
    runner.seconds += HOUR_SECONDS + 1;
    const { intent: later } = await runner.grant(wish());
    await runner.revert(later);
    const left = await policies();
    expect(left).not.toContain(intent.principal.id);
    expect(left).toEqual(expect.arrayContaining(['axm_by-hand', later.principal.id]));
    expect(await runner.verify(intent)).toMatchObject({ proved: true });
  });

  it('are not proved to be ended while somebody else has removed the denial', async () => {
    const { intent } = await runner.grant(wish());
    await runner.revert(intent);
    const weaker = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Deny', Action: 's3:*', Resource: '*' }] });
    await world.admin.iam.send(
      new PutRolePolicyCommand({ RoleName: world.role.name, PolicyName: intent.principal.id, PolicyDocument: weaker }),
    );
    expect(await runner.verify(intent)).toMatchObject({ proved: false });
    await runner.revert(intent);
    expect(await runner.verify(intent)).toMatchObject({ proved: true });
  });

  it('are not given of roles whose sessions could not be ended', async () => {
    for (const role of [
      `arn:aws:iam::${ACCOUNT}:role/aws-service-role/ec2.amazonaws.com/AWSServiceRoleForEC2`,
      `arn:aws:iam::${ACCOUNT}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef`,
      `arn:aws:iam::${ACCOUNT}:role/My-Axiom-Security-Role`,
      'arn:aws:iam::210987654321:role/deployer',
    ]) {
      await expect(runner.plan({ target: { kind: 'role', path: [role] }, permission: 'Session' })).rejects.toMatchObject({
        code: 'UNSUPPORTED',
      });
    }
  });
});
