import { CfnParameter, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { SecretsManagerProxyRole } from '../../../constructs';
import { aProxyRole, EXTERNAL_ID, PROXY_ROLE_ARN } from '../../support/roles';
import {
  ACCOUNT,
  anApp,
  aStack,
  aStackIn,
  OTHER_ACCOUNT,
  refusalOf,
  resourceCountIn,
  statementsIn,
  templateOf,
  theRoleIn,
} from '../../support/synth';

describe('references', () => {
  it('name the role and its external id', () => {
    const stack = aStack();
    const proxyRole = aProxyRole(stack);
    const [logicalId] = Object.keys(templateOf(stack).findResources('AWS::IAM::Role'));
    expect(stack.resolve(proxyRole.roleArn)).toEqual({ 'Fn::GetAtt': [logicalId, 'Arn'] });
    expect(stack.resolve(proxyRole.roleRef.roleName)).toEqual({ Ref: logicalId });
    expect(proxyRole.externalId).toBe(EXTERNAL_ID);
    expect(proxyRole.role.roleArn).toBe(proxyRole.roleArn);
  });

  it('work from another account of the same app, because the name is known', () => {
    const app = anApp();
    const store = new Stack(app, 'Store', { env: { account: ACCOUNT, region: 'eu-central-1' } });
    const runner = new Stack(app, 'Runner', { env: { account: OTHER_ACCOUNT, region: 'us-east-1' } });
    const runnerRole = new iam.Role(runner, 'Role', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
    aProxyRole(store).grantAssume(runnerRole);
    expect(statementsIn(runner)).toEqual([
      { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: `arn:aws:iam::${ACCOUNT}:role/${theRoleIn(store)['RoleName']}` },
    ]);
  });

  it('leave room for a removal policy', () => {
    const stack = aStack();
    aProxyRole(stack).applyRemovalPolicy(RemovalPolicy.RETAIN);
    templateOf(stack).hasResource('AWS::IAM::Role', { DeletionPolicy: 'Retain' });
  });
});

describe('grantAssume', () => {
  it('lets the grantee assume this role and no other', () => {
    const stack = aStack();
    const grantee = new iam.User(stack, 'User');
    const grant = aProxyRole(stack).grantAssume(grantee);
    expect(grant.success).toBe(true);
    expect(statementsIn(stack)).toContainEqual({
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Resource: { 'Fn::GetAtt': ['ProxyRoleAF65AFCA', 'Arn'] },
    });
  });

  it('fails loudly for a grantee whose policy is not ours to change, when that is asserted', () => {
    const grant = aProxyRole(aStack()).grantAssume(new iam.ServicePrincipal('ec2.amazonaws.com'));
    expect(() => grant.assertSuccess()).toThrow(/could not be added/);
  });
});

describe('fromSecretsManagerProxyRoleAttributes', () => {
  const imported = (stack: Stack, attributes = {}) =>
    SecretsManagerProxyRole.fromSecretsManagerProxyRoleAttributes(stack, 'Imported', {
      roleArn: PROXY_ROLE_ARN,
      externalId: EXTERNAL_ID,
      ...attributes,
    });

  it('refers to the role without making anything', () => {
    const stack = aStack();
    const proxyRole = imported(stack);
    expect(proxyRole).toMatchObject({ roleArn: PROXY_ROLE_ARN, externalId: EXTERNAL_ID });
    expect(proxyRole.roleRef.roleName).toBe('Axiom-Security-SecretsManagerRole');
    expect(proxyRole.env.account).toBe(OTHER_ACCOUNT);
    expect(resourceCountIn(stack)).toBe(0);
  });

  it('grants to assume it', () => {
    const stack = aStack();
    const grant = imported(stack).grantAssume(new iam.User(stack, 'User'));
    expect(grant.success).toBe(true);
    expect(statementsIn(stack)).toEqual([{ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: PROXY_ROLE_ARN }]);
  });

  it('never changes what the role may do, not even in its own account', () => {
    const stack = aStackIn('eu-central-1', OTHER_ACCOUNT);
    imported(stack).role.addToPrincipalPolicy(new iam.PolicyStatement({ actions: ['s3:GetObject'], resources: ['*'] }));
    expect(resourceCountIn(stack)).toBe(0);
  });

  it('accepts template parameters', () => {
    const stack = aStack();
    const parameter = (name: string) => new CfnParameter(stack, name).valueAsString;
    const proxyRole = imported(stack, { roleArn: parameter('Arn'), externalId: parameter('Id') });
    expect(stack.resolve([proxyRole.roleArn, proxyRole.externalId])).toEqual([{ Ref: 'Arn' }, { Ref: 'Id' }]);
  });

  it.each([
    ['a name', 'Axiom-Security-SecretsManagerRole'],
    ["a user's ARN", `arn:aws:iam::${OTHER_ACCOUNT}:user/Axiom-Security`],
    ['every role', `arn:aws:iam::${OTHER_ACCOUNT}:role/*`],
  ])('refuses %s as the ARN', (_, wrong) => {
    expect(refusalOf(() => imported(aStack(), { roleArn: wrong }))).toBe(
      `[Stack] roleArn is "${wrong}". Allowed: the ARN of one role, arn:<partition>:iam::<account>:role/<name>; no wildcard. ` +
        "Copy it from the outputs of the role's stack.",
    );
  });

  it('refuses a missing external id', () => {
    expect(() => imported(aStack(), { externalId: '' })).toThrow('[Stack/Imported] externalId is empty.');
  });
});
