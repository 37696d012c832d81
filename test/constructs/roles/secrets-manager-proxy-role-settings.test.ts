import { CfnParameter, type Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { aProxyRole, RUNNER_ROLE_ARN } from '../../support/roles';
import { aStack, OTHER_ACCOUNT, refusalOf, templateOf, theRoleIn, trustPolicyIn } from '../../support/synth';

describe('trustedPrincipal', () => {
  it.each<[string, (stack: Stack) => iam.IPrincipal]>([
    ['a role of the same app', (stack) => new iam.Role(stack, 'Runner', { assumedBy: new iam.AccountRootPrincipal() })],
    ['an imported role', (stack) => iam.Role.fromRoleArn(stack, 'Runner', RUNNER_ROLE_ARN)],
    ['a user', () => new iam.ArnPrincipal(`arn:aws:iam::${OTHER_ACCOUNT}:user/runner`)],
    ['an account', () => new iam.AccountPrincipal(OTHER_ACCOUNT)],
    ["an account's digits", () => new iam.ArnPrincipal(OTHER_ACCOUNT)],
    ["the stack's own account", () => new iam.AccountRootPrincipal()],
    ['two roles', () => new iam.CompositePrincipal(new iam.ArnPrincipal(RUNNER_ROLE_ARN), new iam.ArnPrincipal(`${RUNNER_ROLE_ARN}-2`))],
    ['a template parameter', (stack) => new iam.ArnPrincipal(new CfnParameter(stack, 'Runner').valueAsString)],
  ])('accepts %s', (_, principalIn) => {
    const stack = aStack();
    aProxyRole(stack, { trustedPrincipal: principalIn(stack) });
    expect(templateOf(stack).toJSON()).toBeDefined();
  });

  it.each<[string, iam.IPrincipal, string]>([
    ['everyone', new iam.AnyPrincipal(), '"*"'],
    ['everyone, as a star', new iam.StarPrincipal(), '["*"]'],
    ['everyone, as an ARN', new iam.ArnPrincipal('*'), '"*"'],
    ['every account', new iam.AccountPrincipal('*'), ':iam::*:root'],
    ['every role of an account', new iam.ArnPrincipal(`arn:aws:iam::${OTHER_ACCOUNT}:role/*`), `"arn:aws:iam::${OTHER_ACCOUNT}:role/*"`],
    ['an account of three digits', new iam.AccountPrincipal('123'), ':iam::123:root'],
    ['an organization', new iam.OrganizationPrincipal('o-1234567890'), '"*"'],
    ['one role and everyone', new iam.CompositePrincipal(new iam.ArnPrincipal(RUNNER_ROLE_ARN), new iam.ArnPrincipal('*')), '"*"'],
    ['a service', new iam.ServicePrincipal('ec2.amazonaws.com'), '{"Service":['],
    ['a holder of a web identity', new iam.WebIdentityPrincipal('accounts.google.com'), '{"Federated":["accounts.google.com"]}'],
    ['a canonical user', new iam.CanonicalUserPrincipal('abc'), '{"CanonicalUser":["abc"]}'],
    ['what is no principal', new iam.ArnPrincipal('axiomrunner-role'), '"axiomrunner-role"'],
  ])('refuses %s', (_, trustedPrincipal, value) => {
    const refusal = refusalOf(() => aProxyRole(aStack(), { trustedPrincipal }));
    expect(refusal).toContain('[Stack/ProxyRole] trustedPrincipal is ');
    expect(refusal).toContain(value);
    expect(refusal).toContain('Allowed: roles, users and accounts of IAM, each by its own ARN or account id.');
    expect(refusal).toContain('Pass the role that the runner has');
  });
});

describe('externalId', () => {
  it.each(['ab', 'a'.repeat(1224), 'Axiom_+=,.@:/-1'])('accepts %.40s', (externalId) => {
    expect(aProxyRole(aStack(), { externalId }).externalId).toBe(externalId);
  });

  it('accepts a template parameter', () => {
    const stack = aStack();
    aProxyRole(stack, { externalId: new CfnParameter(stack, 'ExternalId').valueAsString });
    expect(trustPolicyIn(stack)).toHaveProperty('Statement.0.Condition.StringEquals', { 'sts:ExternalId': { Ref: 'ExternalId' } });
  });

  it.each([
    ['nothing', '', 'empty'],
    ['a blank', ' ', 'empty'],
    ['one character', 'a', '"a", of length 1'],
    ['more than 1224 characters', 'a'.repeat(1225), 'of length 1225'],
    ['characters that IAM refuses', 'my id', '"my id"'],
    ["a guide's placeholder", 'YOUR-EXTERNAL-ID', '"YOUR-EXTERNAL-ID", a placeholder'],
    ['a placeholder in brackets', '<external_id>', '"<external_id>"'],
  ])('refuses %s', (_, externalId, found) => {
    const refusal = refusalOf(() => aProxyRole(aStack(), { externalId }));
    expect(refusal).toContain('[Stack/ProxyRole] externalId is ');
    expect(refusal).toContain(`${found}. Allowed: 2 to 1224 letters, digits and _+=,.@:/-. Make up one that nobody else uses`);
  });
});

describe('roleName', () => {
  it.each(['Axiom-Security', 'Axiom-Security-SecretsManagerRole', 'team=a@Axiom-Security,b', `Axiom-Security-${'x'.repeat(49)}`])(
    'accepts %s',
    (roleName) => {
      const stack = aStack();
      aProxyRole(stack, { roleName });
      expect(theRoleIn(stack)).toHaveProperty('RoleName', roleName);
    },
  );

  it('accepts a template parameter', () => {
    const stack = aStack();
    aProxyRole(stack, { roleName: new CfnParameter(stack, 'RoleName').valueAsString });
    expect(theRoleIn(stack)).toHaveProperty('RoleName', { Ref: 'RoleName' });
  });

  it.each([
    ['that runners may not assume', 'SecretsReader', '"SecretsReader"'],
    ['in another case', 'axiom-security-role', '"axiom-security-role"'],
    ['with a path', 'team/Axiom-Security', '"team/Axiom-Security"'],
    ['that is too long', `Axiom-Security-${'x'.repeat(50)}`, 'of length 65'],
    ['that is empty', '', 'empty'],
  ])('refuses a name %s', (_, roleName, found) => {
    const refusal = refusalOf(() => aProxyRole(aStack(), { roleName }));
    expect(refusal).toContain('[Stack/ProxyRole] roleName is ');
    expect(refusal).toContain(`${found}. Allowed: 1 to 64 letters, digits and _+=,.@- that contain Axiom-Security. `);
    expect(refusal).toContain('Runners may assume no other role: add Axiom-Security, as in Axiom-Security-SecretsManagerRole.');
  });
});
