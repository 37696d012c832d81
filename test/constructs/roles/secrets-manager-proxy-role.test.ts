import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { aProxyRole, EXTERNAL_ID, KEY_ARN, RUNNER_ROLE_ARN } from '../../support/roles';
import {
  ACCOUNT,
  aStack,
  aStackIn,
  findingsIn,
  logicalIdsIn,
  PARTITIONS,
  refusalOf,
  statementsIn,
  templateOf,
  theOne,
  theRoleIn,
  trustPolicyIn,
} from '../../support/synth';

describe('the trust policy', () => {
  it('lets the trusted principal assume the role, with the external id only', () => {
    const stack = aStack();
    aProxyRole(stack);
    expect(trustPolicyIn(stack)).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: RUNNER_ROLE_ARN },
          Action: 'sts:AssumeRole',
          Condition: { StringEquals: { 'sts:ExternalId': EXTERNAL_ID } },
        },
      ],
    });
  });

  it('keeps a condition that the principal brings along', () => {
    const stack = aStack();
    const trustedPrincipal = new iam.ArnPrincipal(RUNNER_ROLE_ARN).withConditions({ StringEquals: { 'aws:PrincipalTag/team': 'access' } });
    aProxyRole(stack, { trustedPrincipal });
    expect(trustPolicyIn(stack)).toHaveProperty('Statement.0.Condition.StringEquals', {
      'aws:PrincipalTag/team': 'access',
      'sts:ExternalId': EXTERNAL_ID,
    });
  });

  it('asks for its own external id, whatever external id the principal brings along', () => {
    const stack = aStack();
    const trustedPrincipal = new iam.ArnPrincipal(RUNNER_ROLE_ARN).withConditions({ StringEquals: { 'sts:ExternalId': 'another' } });
    aProxyRole(stack, { trustedPrincipal });
    expect(trustPolicyIn(stack)).toHaveProperty('Statement.0.Condition.StringEquals', { 'sts:ExternalId': EXTERNAL_ID });
  });
});

describe('the permissions', () => {
  it.each(PARTITIONS)('are to read the integration secrets of the account and region, in $partition', ({ partition, region }) => {
    const stack = aStackIn(region);
    aProxyRole(stack);
    expect(statementsIn(stack)).toEqual([
      {
        Effect: 'Allow',
        Action: 'secretsmanager:GetSecretValue',
        Resource: `arn:${partition}:secretsmanager:${region}:${ACCOUNT}:secret:axiom-security/*`,
      },
    ]);
  });

  it.each(PARTITIONS)('with a key are also to decrypt with it, through Secrets Manager only, in $partition', ({ partition, region }) => {
    const stack = aStackIn(region);
    const keyArn = `arn:${partition}:kms:${region}:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
    aProxyRole(stack, { encryptionKey: kms.Key.fromKeyArn(stack, 'Key', keyArn) });
    expect(statementsIn(stack)).toContainEqual({
      Effect: 'Allow',
      Action: 'kms:Decrypt',
      Resource: keyArn,
      Condition: { StringEquals: { 'kms:ViaService': { 'Fn::Join': ['', [`secretsmanager.${region}.`, { Ref: 'AWS::URLSuffix' }]] } } },
    });
  });

  it('accept a key of the same stack, without changing its key policy', () => {
    const withRole = aStack();
    aProxyRole(withRole, { encryptionKey: new kms.Key(withRole, 'Key') });
    const withoutRole = aStack();
    new kms.Key(withoutRole, 'Key');
    expect(theOne(templateOf(withRole), 'AWS::KMS::Key')).toEqual(theOne(templateOf(withoutRole), 'AWS::KMS::Key'));
    expect(statementsIn(withRole)).toContainEqual(
      expect.objectContaining({ Action: 'kms:Decrypt', Resource: { 'Fn::GetAtt': [expect.any(String), 'Arn'] } }),
    );
  });

  it('refuse an alias, which IAM does not look behind', () => {
    const stack = aStack();
    const encryptionKey = kms.Alias.fromAliasName(stack, 'Alias', 'alias/secrets');
    expect(refusalOf(() => aProxyRole(stack, { encryptionKey }))).toBe(
      '[Stack/ProxyRole] encryptionKey is an alias. Allowed: the ARN of one key, arn:<partition>:kms:<region>:<account>:key/<id>; no alias. ' +
        'Pass the key itself: IAM does not look behind an alias.',
    );
  });

  it('have no boundary by default', () => {
    const stack = aStack();
    aProxyRole(stack);
    expect(theRoleIn(stack)).not.toHaveProperty('PermissionsBoundary');
  });

  it('stay inside a boundary that is given', () => {
    const stack = aStackIn('eu-central-1');
    aProxyRole(stack, { permissionsBoundary: iam.ManagedPolicy.fromManagedPolicyName(stack, 'Boundary', 'developers') });
    expect(theRoleIn(stack)).toHaveProperty('PermissionsBoundary', `arn:aws:iam::${ACCOUNT}:policy/developers`);
  });
});

describe('the construct', () => {
  it('fits twice into one stack', () => {
    const stack = aStack();
    aProxyRole(stack, {}, 'One');
    aProxyRole(stack, {}, 'Two');
    const names = Object.values(templateOf(stack).findResources('AWS::IAM::Role')).map((role) =>
      JSON.stringify(role['Properties'].RoleName),
    );
    expect(new Set(names).size).toBe(2);
  });

  it('keeps its logical ids, because another id would replace the role', () => {
    const stack = aStack();
    aProxyRole(stack, { encryptionKey: new kms.Key(stack, 'Key') });
    expect(logicalIdsIn(stack)).toEqual(expect.arrayContaining(['ProxyRoleAF65AFCA', 'ProxyRoleDefaultPolicy9DACB968']));
  });

  it('has no findings: no warnings, no errors, clean for cdk-nag', () => {
    const stack = aStack();
    aProxyRole(stack);
    aProxyRole(stack, { encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY_ARN) }, 'WithKey');
    expect(findingsIn(stack)).toEqual([]);
  });
});
