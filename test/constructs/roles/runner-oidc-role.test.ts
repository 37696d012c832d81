import { CfnParameter, Stack } from 'aws-cdk-lib';
import * as eks from 'aws-cdk-lib/aws-eks';
import * as iam from 'aws-cdk-lib/aws-iam';
import { aRunnerRole, ISSUER, PROVIDER_ARN } from '../../support/roles';
import {
  ACCOUNT,
  anApp,
  aStack,
  aStackIn,
  findingsIn,
  logicalIdsIn,
  OTHER_ACCOUNT,
  PARTITIONS,
  resourceCountIn,
  theRoleIn,
  trustPolicyIn,
} from '../../support/synth';

/** The policy inside `Fn::Sub`, with what CloudFormation puts into it. */
function trustTextIn(stack: Stack): { policy: unknown; variables: unknown } {
  const { 'Fn::Sub': sub } = trustPolicyIn(stack) as { 'Fn::Sub': [string, unknown] };
  return { policy: JSON.parse(sub[0]), variables: sub[1] };
}

function trustOf(federated: unknown, issuer: string, subject: string) {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: federated },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringEquals: { [`${issuer}:aud`]: 'sts.amazonaws.com', [`${issuer}:sub`]: subject } },
      },
    ],
  };
}

describe('the trust policy', () => {
  it('lets one service account assume the role: subject and audience must be equal', () => {
    const stack = aStack();
    aRunnerRole(stack);
    expect(trustPolicyIn(stack)).toEqual(trustOf(PROVIDER_ARN, ISSUER, 'system:serviceaccount:axiom:axiom-runner'));
  });

  it('names the namespace and service account that are given', () => {
    const stack = aStack();
    const role = aRunnerRole(stack, { kubernetesNamespace: 'access', serviceAccountName: 'runner.blue' });
    expect(trustPolicyIn(stack)).toEqual(trustOf(PROVIDER_ARN, ISSUER, 'system:serviceaccount:access:runner.blue'));
    expect(role).toMatchObject({ kubernetesNamespace: 'access', serviceAccountName: 'runner.blue' });
  });

  it('asks for the same audience in China, as EKS issues it there', () => {
    const stack = aStackIn('cn-north-1');
    const issuer = 'oidc.eks.cn-north-1.amazonaws.com.cn/id/EXAMPLE';
    aRunnerRole(stack, { oidcProviderArn: undefined, oidcProviderUrl: issuer });
    const arn = `arn:aws-cn:iam::${ACCOUNT}:oidc-provider/${issuer}`;
    expect(trustPolicyIn(stack)).toEqual(trustOf(arn, issuer, 'system:serviceaccount:axiom:axiom-runner'));
  });
});

describe('the OpenID Connect provider', () => {
  const expected = trustOf(PROVIDER_ARN, ISSUER, 'system:serviceaccount:axiom:axiom-runner');

  it.each<[string, (stack: Stack) => Parameters<typeof aRunnerRole>[1]]>([
    ['a URL and an ARN', () => ({ oidcProviderUrl: ISSUER })],
    ['a URL with https://', () => ({ oidcProviderUrl: `https://${ISSUER}` })],
    ['a URL with HTTPS://', () => ({ oidcProviderUrl: `HTTPS://${ISSUER}` })],
    ['an ARN alone', () => ({})],
    ['a URL alone, for a provider of the same account', () => ({ oidcProviderArn: undefined, oidcProviderUrl: `https://${ISSUER}` })],
    [
      'an imported provider',
      (stack) => ({
        oidcProviderArn: undefined,
        oidcProvider: iam.OpenIdConnectProvider.fromOpenIdConnectProviderArn(stack, 'Provider', PROVIDER_ARN),
      }),
    ],
  ])('is accepted as %s', (_, propsIn) => {
    const stack = aStackIn('eu-central-1');
    aRunnerRole(stack, propsIn(stack));
    expect(trustPolicyIn(stack)).toEqual(expected);
  });

  it('is accepted as a provider of the same stack, whose issuer only CloudFormation knows', () => {
    const stack = aStack();
    const oidcProvider = new iam.OidcProviderNative(stack, 'Provider', {
      url: 'https://issuer.example.com',
      clientIds: ['sts.amazonaws.com'],
    });
    aRunnerRole(stack, { oidcProviderArn: undefined, oidcProvider });
    const arn = { Ref: expect.stringMatching(/^Provider/) };
    expect(trustTextIn(stack)).toEqual({
      policy: trustOf('${ProviderArn}', '${Issuer}', 'system:serviceaccount:${Namespace}:${ServiceAccountName}'),
      variables: {
        ProviderArn: arn,
        Issuer: { 'Fn::Select': [1, { 'Fn::Split': [':oidc-provider/', arn] }] },
        Namespace: 'axiom',
        ServiceAccountName: 'axiom-runner',
      },
    });
  });

  it("is accepted as an EKS cluster's, without a custom resource of its own", () => {
    const stack = aStackIn('eu-central-1');
    const cluster = eks.Cluster.fromClusterAttributes(stack, 'Cluster', {
      clusterName: 'cluster',
      openIdConnectProvider: iam.OpenIdConnectProvider.fromOpenIdConnectProviderArn(stack, 'Provider', PROVIDER_ARN),
    });
    aRunnerRole(stack, { oidcProviderArn: undefined, oidcProvider: cluster.openIdConnectProvider });
    expect(trustPolicyIn(stack)).toEqual(expected);
    expect(logicalIdsIn(stack)).toEqual([
      'RunnerRoleDF7591A4',
      'RunnerRoleDefaultPolicyBC2CE6B6',
      'RunnerRoleReadIntegrationSecretsE8740988',
    ]);
  });

  it('is accepted as template parameters, together with all other names', () => {
    const stack = aStack();
    const parameter = (name: string) => new CfnParameter(stack, name).valueAsString;
    aRunnerRole(stack, {
      oidcProviderUrl: parameter('Url'),
      oidcProviderArn: parameter('Arn'),
      kubernetesNamespace: parameter('Namespace'),
      serviceAccountName: parameter('Account'),
      roleName: parameter('Role'),
    });
    expect(trustTextIn(stack)).toEqual({
      policy: trustOf('${ProviderArn}', '${Issuer}', 'system:serviceaccount:${Namespace}:${ServiceAccountName}'),
      variables: {
        ProviderArn: { Ref: 'Arn' },
        Issuer: { Ref: 'Url' },
        Namespace: { Ref: 'Namespace' },
        ServiceAccountName: { Ref: 'Account' },
      },
    });
    expect(theRoleIn(stack)).toHaveProperty('RoleName', { Ref: 'Role' });
  });

  it('fixes the trust policy when only CloudFormation knows the issuer: an addition is refused, not lost', () => {
    const stack = aStack();
    const { role } = aRunnerRole(stack, { oidcProviderArn: new CfnParameter(stack, 'Arn').valueAsString });
    (role as iam.Role).assumeRolePolicy?.addStatements(
      new iam.PolicyStatement({ actions: ['sts:AssumeRole'], principals: [new iam.AccountRootPrincipal()] }),
    );
    expect(() => trustPolicyIn(stack)).toThrow(/trust policy of this role is fixed/);
  });
});

describe('the role', () => {
  it('is named by CloudFormation by default', () => {
    const stack = aStack();
    aRunnerRole(stack);
    expect(theRoleIn(stack)).not.toHaveProperty('RoleName');
  });

  it('has the name that is given', () => {
    const stack = aStack();
    aRunnerRole(stack, { roleName: 'axiomrunner-role' });
    expect(theRoleIn(stack)).toHaveProperty('RoleName', 'axiomrunner-role');
  });

  it('has a name that another account can trust, when one refers to it', () => {
    const app = anApp();
    const runner = new Stack(app, 'Runner', { env: { account: ACCOUNT, region: 'eu-central-1' } });
    const store = new Stack(app, 'Store', { env: { account: OTHER_ACCOUNT, region: 'eu-central-1' } });
    const { roleArn } = aRunnerRole(runner);
    new iam.Role(store, 'Trusting', { assumedBy: new iam.ArnPrincipal(roleArn) });
    expect(trustPolicyIn(store)).toHaveProperty(
      'Statement.0.Principal.AWS',
      `arn:aws:iam::${ACCOUNT}:role/${theRoleIn(runner)['RoleName']}`,
    );
  });

  it('may be one that somebody else made beforehand', () => {
    const stack = aStackIn('eu-central-1');
    iam.Role.customizeRoles(stack, { usePrecreatedRoles: { 'RunnerRole/Role': 'precreated' } });
    const { roleArn } = aRunnerRole(stack, { oidcProviderArn: new CfnParameter(stack, 'Arn').valueAsString });
    expect(stack.resolve(roleArn)).toBe(`arn:aws:iam::${ACCOUNT}:role/precreated`);
    expect(resourceCountIn(stack)).toBe(0);
  });

  it('has no boundary by default, and the one that is given', () => {
    const [without, within] = [aStackIn('eu-central-1'), aStackIn('eu-central-1')];
    aRunnerRole(without);
    aRunnerRole(within, { permissionsBoundary: iam.ManagedPolicy.fromManagedPolicyName(within, 'Boundary', 'developers') });
    expect(theRoleIn(without)).not.toHaveProperty('PermissionsBoundary');
    expect(theRoleIn(within)).toHaveProperty('PermissionsBoundary', `arn:aws:iam::${ACCOUNT}:policy/developers`);
  });

  it('fits twice into one stack', () => {
    const stack = aStack();
    aRunnerRole(stack, {}, 'One');
    aRunnerRole(stack, { kubernetesNamespace: 'other' }, 'Two');
    expect(logicalIdsIn(stack)).toHaveLength(6);
  });

  it('keeps its logical ids, because another id would replace the role', () => {
    const stack = aStack();
    aRunnerRole(stack);
    expect(logicalIdsIn(stack)).toEqual([
      'RunnerRoleDF7591A4',
      'RunnerRoleDefaultPolicyBC2CE6B6',
      'RunnerRoleReadIntegrationSecretsE8740988',
    ]);
  });

  it.each(PARTITIONS)('has no findings in $partition: no warnings, no errors, clean for cdk-nag', ({ region }) => {
    const stack = aStackIn(region);
    aRunnerRole(stack, { oidcProviderArn: undefined, oidcProviderUrl: ISSUER });
    expect(findingsIn(stack)).toEqual([]);
  });
});
