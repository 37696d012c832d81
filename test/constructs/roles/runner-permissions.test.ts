import { CfnParameter, type Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { SecretsManagerProxyRole } from '../../../constructs';
import { aProxyRole, aRunnerRole, EXTERNAL_ID, ISSUER, KEY_ARN, PROXY_ROLE_ARN } from '../../support/roles';
import { ACCOUNT, aStack, aStackIn, findingsIn, PARTITIONS, refusalOf, statementsIn } from '../../support/synth';

const aRunnerOf = (stack: Stack, props: Parameters<typeof aRunnerRole>[1] = {}) =>
  aRunnerRole(stack, { oidcProviderArn: undefined, oidcProviderUrl: ISSUER, ...props });

const importedProxyRole = (stack: Stack) =>
  SecretsManagerProxyRole.fromSecretsManagerProxyRoleAttributes(stack, 'ProxyRole', { roleArn: PROXY_ROLE_ARN, externalId: EXTERNAL_ID });

describe('a runner may', () => {
  it.each(PARTITIONS)('read integration secrets and assume proxy roles, and nothing else, in $partition', ({ partition, region }) => {
    const stack = aStackIn(region);
    aRunnerOf(stack);
    expect(statementsIn(stack)).toEqual([
      { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: `arn:${partition}:iam::*:role/*Axiom-Security*` },
      {
        Effect: 'Allow',
        Action: 'secretsmanager:GetSecretValue',
        Resource: `arn:${partition}:secretsmanager:${region}:${ACCOUNT}:secret:axiom-security/*`,
      },
    ]);
  });

  it.each<[string, (stack: Stack) => iam.IRoleRef]>([
    ['its proxy role', importedProxyRole],
    ['any role that serves as one', (stack) => iam.Role.fromRoleArn(stack, 'Role', PROXY_ROLE_ARN)],
  ])('assume only %s, when that is given', (_, proxyRoleIn) => {
    const stack = aStack();
    aRunnerOf(stack, { proxyRole: proxyRoleIn(stack) });
    expect(statementsIn(stack)).toContainEqual({ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: PROXY_ROLE_ARN });
    expect(JSON.stringify(statementsIn(stack))).not.toContain('*Axiom-Security*');
  });

  it('assume a proxy role that trusts it, in the same stack', () => {
    const stack = aStack();
    const runner = aRunnerOf(stack);
    const proxyRole = aProxyRole(stack, { trustedPrincipal: runner.role });
    proxyRole.grantAssume(runner);
    expect(statementsIn(stack)).toContainEqual({
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Resource: expect.arrayContaining([{ 'Fn::GetAtt': ['ProxyRoleAF65AFCA', 'Arn'] }]),
    });
  });

  it('decrypt integration secrets with their key, through Secrets Manager only', () => {
    const stack = aStackIn('eu-central-1');
    aRunnerOf(stack, { encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY_ARN) });
    expect(statementsIn(stack)).toContainEqual(
      expect.objectContaining({
        Action: 'kms:Decrypt',
        Resource: KEY_ARN,
        Condition: { StringEquals: { 'kms:ViaService': expect.anything() } },
      }),
    );
  });

  it.each(['apiKeySecret', 'stateKeySecret'])('read its %s, when that is given', (name) => {
    const stack = aStack();
    aRunnerOf(stack, { [name]: new secretsmanager.Secret(stack, 'Secret') });
    expect(statementsIn(stack)).toContainEqual({
      Effect: 'Allow',
      Action: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
      Resource: { Ref: expect.stringMatching(/^Secret/) },
    });
  });

  it('be granted more, as every grantee', () => {
    const stack = aStack();
    const grant = new secretsmanager.Secret(stack, 'Secret').grantRead(aRunnerOf(stack));
    expect(grant.success).toBe(true);
  });
});

describe('proxyRole', () => {
  it('refuses a pattern of ARNs', () => {
    const stack = aStack();
    const proxyRole = iam.Role.fromRoleArn(stack, 'Role', `arn:aws:iam::${ACCOUNT}:role/*`);
    expect(refusalOf(() => aRunnerOf(stack, { proxyRole }))).toContain(
      `[Stack/RunnerRole] proxyRole is "arn:aws:iam::${ACCOUNT}:role/*". Allowed: the ARN of one role, arn:<partition>:iam::<account>:role/<name>; no wildcard.`,
    );
  });
});

describe('cdk-nag', () => {
  it.each<[string, (stack: Stack) => void]>([
    ['with the defaults', (stack) => aRunnerOf(stack)],
    ['with everything', (stack) => aRunnerOf(stack, everythingIn(stack))],
    ['with template parameters', (stack) => aRunnerRole(stack, { oidcProviderArn: new CfnParameter(stack, 'Arn').valueAsString })],
  ])('finds nothing in a runner %s', (_, build) => {
    const stack = aStack();
    build(stack);
    expect(findingsIn(stack)).toEqual([]);
  });

  it('still finds what somebody adds to the role', () => {
    const stack = aStack();
    aRunnerOf(stack).role.addToPrincipalPolicy(new iam.PolicyStatement({ actions: ['s3:*'], resources: ['*'] }));
    expect(findingsIn(stack)).toEqual(['AwsSolutions-IAM5[Action::s3:*]', 'AwsSolutions-IAM5[Resource::*]']);
  });

  it('finds the same secrets in a role that has no reason for them', () => {
    const stack = aStackIn('eu-central-1');
    aRunnerOf(stack);
    const resource = `arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:axiom-security/*`;
    new iam.Policy(stack, 'Other', {
      users: [new iam.User(stack, 'User')],
      statements: [new iam.PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [resource] })],
    });
    expect(findingsIn(stack)).toEqual(expect.arrayContaining([`AwsSolutions-IAM5[Resource::${resource}]`]));
  });
});

function everythingIn(stack: Stack) {
  const secret = (id: string) => secretsmanager.Secret.fromSecretNameV2(stack, id, `axiom-runner/${id}`);
  return {
    proxyRole: importedProxyRole(stack),
    encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY_ARN),
    apiKeySecret: secret('ApiKey'),
    stateKeySecret: secret('StateKey'),
  };
}
