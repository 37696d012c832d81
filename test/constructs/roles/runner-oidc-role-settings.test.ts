import { CfnParameter, type Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { RunnerOidcRole, type RunnerOidcRoleAttributes, type RunnerOidcRoleProps } from '../../../constructs';
import { aRunnerRole, ISSUER, PROVIDER_ARN } from '../../support/roles';
import { ACCOUNT, aStack, refusalOf, resourceCountIn, statementsIn } from '../../support/synth';

const refusal = (props: Partial<RunnerOidcRoleProps>) => refusalOf(() => aRunnerRole(aStack(), props));

describe('kubernetesNamespace', () => {
  it.each(['a', 'axiom', 'team-7', 'a'.repeat(63)])('accepts %s', (kubernetesNamespace) => {
    expect(aRunnerRole(aStack(), { kubernetesNamespace }).kubernetesNamespace).toBe(kubernetesNamespace);
  });

  it.each([
    ['every namespace', '*', '"*"'],
    ['a pattern', 'team-*', '"team-*"'],
    ['one character of a pattern', 'team-?', '"team-?"'],
    ['capital letters', 'Axiom', '"Axiom"'],
    ['a hyphen at the end', 'axiom-', '"axiom-"'],
    ['a second subject', 'axiom:axiom-runner', '"axiom:axiom-runner"'],
    ['a dot', 'a.b', '"a.b"'],
    ['64 characters', 'a'.repeat(64), 'of length 64'],
    ['nothing', '', 'empty'],
  ])('refuses %s', (_, kubernetesNamespace, found) => {
    expect(refusal({ kubernetesNamespace })).toMatch(/^\[Stack\/RunnerRole\] kubernetesNamespace is /);
    expect(refusal({ kubernetesNamespace })).toContain(
      `${found}. Allowed: 1 to 63 small letters, digits and hyphens, no hyphen at either end; no wildcard. Name exactly one namespace`,
    );
  });
});

describe('serviceAccountName', () => {
  it.each(['a', 'axiom-runner', 'runner.blue', `${'a'.repeat(63)}.b`])('accepts %s', (serviceAccountName) => {
    expect(aRunnerRole(aStack(), { serviceAccountName }).serviceAccountName).toBe(serviceAccountName);
  });

  it.each([
    ['every service account', '*', '"*"'],
    ['a pattern', 'axiom-*', '"axiom-*"'],
    ['a dot at the end', 'runner.', '"runner."'],
    ['a hyphen before a dot', 'runner-.a', '"runner-.a"'],
    ['254 characters', 'a'.repeat(254), 'of length 254'],
    ['nothing', '', 'empty'],
  ])('refuses %s', (_, serviceAccountName, found) => {
    expect(refusal({ serviceAccountName })).toMatch(/^\[Stack\/RunnerRole\] serviceAccountName is /);
    expect(refusal({ serviceAccountName })).toContain(
      `${found}. Allowed: 1 to 253 small letters, digits, hyphens and dots, a letter or digit at either end; no wildcard. Name exactly one`,
    );
  });
});

describe('the OpenID Connect provider', () => {
  const provider = (stack: Stack) => iam.OpenIdConnectProvider.fromOpenIdConnectProviderArn(stack, 'Provider', PROVIDER_ARN);

  it('is required', () => {
    expect(refusal({ oidcProviderArn: undefined })).toBe(
      '[Stack/RunnerRole] oidcProvider is missing, and so are oidcProviderUrl and oidcProviderArn. ' +
        'Allowed: oidcProvider, or oidcProviderUrl and oidcProviderArn, or one of these two. Pass "cluster.openIdConnectProvider", ' +
        'or what "aws eks describe-cluster --query cluster.identity.oidc.issuer" prints as oidcProviderUrl.',
    );
  });

  it.each<[string, Partial<RunnerOidcRoleProps>]>([
    ['an ARN', { oidcProviderArn: PROVIDER_ARN }],
    ['a URL', { oidcProviderArn: undefined, oidcProviderUrl: ISSUER }],
  ])('is not given twice, as itself and as %s', (_, props) => {
    const stack = aStack();
    expect(refusalOf(() => aRunnerRole(stack, { oidcProvider: provider(stack), ...props }))).toContain(
      'oidcProvider is given together with oidcProviderUrl or oidcProviderArn.',
    );
  });

  it.each([
    ['another scheme', `http://${ISSUER}`, `"http://${ISSUER}"`],
    ['a slash at the end', `https://${ISSUER}/`, `"${ISSUER}/"`],
    ['a query', `${ISSUER}?a=b`, `"${ISSUER}?a=b"`],
    ['an ARN', PROVIDER_ARN, `"${PROVIDER_ARN}"`],
    ['quotes that would end the policy text', 'a":"b', '"a\\":\\"b"'],
    ['a scheme alone', 'https://', 'empty'],
  ])('refuses a URL with %s', (_, oidcProviderUrl, found) => {
    expect(refusal({ oidcProviderUrl })).toContain(`[Stack/RunnerRole] oidcProviderUrl is ${found}. Allowed: the URL without https:// `);
  });

  it.each([
    ['a role', `arn:aws:iam::${ACCOUNT}:role/x`],
    ['a URL', ISSUER],
    ['every provider', `arn:aws:iam::${ACCOUNT}:oidc-provider/*`],
  ])('refuses the ARN of %s', (_, oidcProviderArn) => {
    expect(refusal({ oidcProviderArn })).toContain(
      `[Stack/RunnerRole] oidcProviderArn is "${oidcProviderArn}". Allowed: the ARN of an OIDC provider, arn:<partition>:iam::<account>:oidc-provider/<issuer>.`,
    );
  });

  it("refuses one cluster's URL with another cluster's ARN", () => {
    expect(refusal({ oidcProviderUrl: 'oidc.eks.eu-central-1.amazonaws.com/id/OTHER' })).toBe(
      '[Stack/RunnerRole] oidcProviderUrl is "oidc.eks.eu-central-1.amazonaws.com/id/OTHER". ' +
        `Allowed: the issuer that oidcProviderArn ends with, ${ISSUER}. ` +
        "Pass the URL and the ARN of one and the same cluster's provider, or only one of them.",
    );
  });
});

describe('roleName', () => {
  it.each([
    ['a path', 'team/role', '"team/role"'],
    ['65 characters', 'a'.repeat(65), 'of length 65'],
    ['nothing', '', 'empty'],
  ])('refuses %s', (_, roleName, found) => {
    expect(refusal({ roleName })).toContain(
      `${found}. Allowed: 1 to 64 letters, digits and _+=,.@-. Shorten the name or change those characters.`,
    );
  });
});

describe('fromRunnerOidcRoleAttributes', () => {
  const roleArn = `arn:aws:iam::${ACCOUNT}:role/axiomrunner-role`;
  const imported = (stack: Stack, attributes: Partial<RunnerOidcRoleAttributes> = {}) =>
    RunnerOidcRole.fromRunnerOidcRoleAttributes(stack, 'Imported', { roleArn, ...attributes });

  it('refers to the role, with the published names by default, without making anything', () => {
    const stack = aStack();
    const role = imported(stack);
    expect(role).toMatchObject({ roleArn, kubernetesNamespace: 'axiom', serviceAccountName: 'axiom-runner' });
    expect(role.roleRef).toEqual({ roleArn, roleName: 'axiomrunner-role' });
    expect(role.env.account).toBe(ACCOUNT);
    expect(resourceCountIn(stack)).toBe(0);
  });

  it('takes other names', () => {
    expect(imported(aStack(), { kubernetesNamespace: 'a', serviceAccountName: 'b' })).toMatchObject({
      kubernetesNamespace: 'a',
      serviceAccountName: 'b',
    });
  });

  it('can be granted more', () => {
    const stack = aStack();
    new secretsmanager.Secret(stack, 'Secret').grantRead(imported(stack));
    expect(statementsIn(stack)).toHaveLength(1);
  });

  it('accepts a template parameter', () => {
    const stack = aStack();
    expect(stack.resolve(imported(stack, { roleArn: new CfnParameter(stack, 'Arn').valueAsString }).roleArn)).toEqual({ Ref: 'Arn' });
  });

  it.each<[string, Partial<RunnerOidcRoleAttributes>, string]>([
    ['a name for the ARN', { roleArn: 'axiomrunner-role' }, '[Stack] roleArn is "axiomrunner-role".'],
    ['a pattern for the namespace', { kubernetesNamespace: '*' }, '[Stack/Imported] kubernetesNamespace is "*".'],
    ['a pattern for the service account', { serviceAccountName: '*' }, '[Stack/Imported] serviceAccountName is "*".'],
  ])('refuses %s', (_, attributes, found) => {
    expect(refusalOf(() => imported(aStack(), attributes))).toContain(found);
  });
});
