import { DefaultStackSynthesizer } from 'aws-cdk-lib';
import { PROXY_ROLE_TEMPLATE } from '../../contract/cloudformation';
import { SecretsManagerRoleStack, type SecretsManagerRoleStackProps } from '../../lib';
import { EXTERNAL_ID, KEY_ARN, RUNNER_ROLE_ARN } from '../support/roles';
import {
  anApp,
  bootstrapNeedsOf,
  findingsIn,
  logicalIdsIn,
  OTHER_ACCOUNT,
  refusalOf,
  statementsIn,
  templateOf,
  theRoleIn,
  trustPolicyIn,
} from '../support/synth';
import { parametersOf, takes } from '../support/template-parameters';

const aStack = (props?: SecretsManagerRoleStackProps) => new SecretsManagerRoleStack(anApp(), 'AxiomSecretsManagerRole', props);
/** The standalone template: no settings, so everything is a parameter. */
const standalone = aStack();
const parameters = parametersOf(templateOf(standalone));

describe('the standalone template', () => {
  it('has the parameters and outputs of the contract, and no others', () => {
    const template = templateOf(standalone);
    expect(Object.keys(parameters).sort()).toEqual(Object.values(PROXY_ROLE_TEMPLATE.parameters).sort());
    expect(Object.keys(template.findOutputs('*')).sort()).toEqual(Object.values(PROXY_ROLE_TEMPLATE.outputs).sort());
  });

  it('puts out the ARN and the external id', () => {
    const outputs = templateOf(standalone).findOutputs('*');
    expect(outputs['RoleArn']).toMatchObject({ Value: { 'Fn::GetAtt': ['ProxyRoleAF65AFCA', 'Arn'] } });
    expect(outputs['ExternalId']).toMatchObject({ Value: { Ref: 'ExternalId' } });
  });

  it('makes a role of the parameters', () => {
    expect(trustPolicyIn(standalone)).toMatchObject({
      Statement: [
        { Principal: { AWS: { Ref: 'TrustedPrincipalArn' } }, Condition: { StringEquals: { 'sts:ExternalId': { Ref: 'ExternalId' } } } },
      ],
    });
    expect(theRoleIn(standalone)).toHaveProperty('RoleName', { Ref: 'RoleName' });
  });

  it('lets the role use a key only if one is given', () => {
    const template = templateOf(standalone);
    template.hasCondition('HasKmsKeyArn', { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: 'KmsKeyArn' }, ''] }] });
    template.hasResource('AWS::IAM::Policy', {
      Condition: 'HasKmsKeyArn',
      Properties: { PolicyDocument: { Statement: [{ Action: 'kms:Decrypt', Resource: { Ref: 'KmsKeyArn' } }] } },
    });
  });

  it('can be launched as a file: no bootstrap, no assets, no traces of the app that made it', () => {
    expect(Object.keys(templateOf(standalone).toJSON()).sort()).toEqual([
      'Conditions',
      'Description',
      'Outputs',
      'Parameters',
      'Resources',
    ]);
    expect(JSON.stringify(templateOf(standalone).toJSON())).not.toMatch(/aws:cdk|bootstrap|"Metadata"/i);
  });

  it('needs no bootstrapped account: no role of the bootstrap stack, no asset', () => {
    expect(bootstrapNeedsOf(standalone)).toEqual([]);
  });

  it('keeps construct paths out, even where the app writes them into its other templates', () => {
    const app = anApp();
    app.node.setContext('aws:cdk:enable-path-metadata', true);
    expect(JSON.stringify(templateOf(new SecretsManagerRoleStack(app, 'AxiomSecretsManagerRole')).toJSON())).not.toContain('aws:cdk:path');
  });

  it('keeps its logical ids, because another id would replace the role', () => {
    expect(logicalIdsIn(standalone)).toEqual(['ProxyRoleAF65AFCA', 'ProxyRoleDefaultPolicy9DACB968', 'DecryptPolicyAA8E5730']);
  });

  it('has no findings: no warnings, no errors, clean for cdk-nag', () => {
    expect(findingsIn(standalone)).toEqual([]);
  });
});

describe('the parameter', () => {
  it.each<[string, string | undefined]>([
    ['ExternalId', undefined],
    ['TrustedPrincipalArn', undefined],
    ['RoleName', 'Axiom-Security-SecretsManagerRole'],
    ['KmsKeyArn', ''],
  ])('%s has the default %s', (name, defaultValue) => {
    expect(parameters[name]?.Default).toBe(defaultValue);
  });

  it.each([
    ['ExternalId', ['ab', EXTERNAL_ID, 'a'.repeat(1224)], ['', 'a', '<external-id>', 'a b', 'a'.repeat(1225)]],
    [
      'TrustedPrincipalArn',
      [RUNNER_ROLE_ARN, OTHER_ACCOUNT, `arn:aws-cn:iam::${OTHER_ACCOUNT}:root`, `arn:aws-us-gov:iam::${OTHER_ACCOUNT}:role/path/x`],
      ['', '*', 'arn:aws:iam::*:root', `arn:aws:iam::${OTHER_ACCOUNT}:role/*`, 'axiomrunner-role', '1234', 'ec2.amazonaws.com'],
    ],
    [
      'RoleName',
      ['Axiom-Security', 'Axiom-Security-SecretsManagerRole', 'my-Axiom-Security-role'],
      ['', 'SecretsManagerRole', 'axiom-security', 'Axiom-Security role', `Axiom-Security${'x'.repeat(51)}`],
    ],
    ['KmsKeyArn', ['', KEY_ARN, KEY_ARN.replace('aws', 'aws-cn')], ['*', 'alias/x', 'arn:aws:kms:eu-central-1:111122223333:alias/x']],
  ])('%s takes what its construct takes, and refuses what it refuses', (name, taken, refused) => {
    expect(taken.filter((value) => !takes(parameters[name], value))).toEqual([]);
    expect(refused.filter((value) => takes(parameters[name], value))).toEqual([]);
  });

  it('says what is allowed and how to mend it', () => {
    expect(parameters['RoleName']?.ConstraintDescription).toBe(
      '1 to 64 letters, digits and _+=,.@- that contain Axiom-Security. ' +
        'Runners may assume no other role: add Axiom-Security, as in Axiom-Security-SecretsManagerRole.',
    );
  });
});

describe('with settings of its own', () => {
  const props = { externalId: EXTERNAL_ID, trustedPrincipalArn: RUNNER_ROLE_ARN, roleName: 'Axiom-Security-Store', kmsKeyArn: KEY_ARN };

  it('asks for no parameters', () => {
    expect(templateOf(aStack(props)).toJSON()).not.toHaveProperty('Parameters');
    expect(trustPolicyIn(aStack(props))).toMatchObject({
      Statement: [{ Principal: { AWS: RUNNER_ROLE_ARN }, Condition: { StringEquals: { 'sts:ExternalId': EXTERNAL_ID } } }],
    });
    expect(theRoleIn(aStack(props))).toHaveProperty('RoleName', 'Axiom-Security-Store');
    expect(statementsIn(aStack(props))).toContainEqual(expect.objectContaining({ Action: 'kms:Decrypt', Resource: KEY_ARN }));
  });

  it('still asks for those that are left out', () => {
    expect(Object.keys(parametersOf(templateOf(aStack({ externalId: EXTERNAL_ID })))).sort()).toEqual([
      'KmsKeyArn',
      'RoleName',
      'TrustedPrincipalArn',
    ]);
  });

  it('has no findings', () => {
    expect(findingsIn(aStack(props))).toEqual([]);
  });

  it('keeps the description and synthesizer that are given', () => {
    const stack = aStack({ ...props, description: 'mine', synthesizer: new DefaultStackSynthesizer() });
    expect(templateOf(stack).toJSON()).toMatchObject({ Description: 'mine', Parameters: { BootstrapVersion: {} } });
  });

  it.each<[SecretsManagerRoleStackProps, string]>([
    [{ externalId: 'a' }, '[AxiomSecretsManagerRole/ProxyRole] externalId is "a", of length 1.'],
    [{ trustedPrincipalArn: '*' }, '[AxiomSecretsManagerRole/ProxyRole] trustedPrincipal is "*".'],
    [{ roleName: 'Store' }, '[AxiomSecretsManagerRole/ProxyRole] roleName is "Store".'],
    [{ kmsKeyArn: 'alias/store' }, '[AxiomSecretsManagerRole] kmsKeyArn is "alias/store".'],
  ])('refuses %p', (wrong, found) => {
    expect(refusalOf(() => aStack({ ...props, ...wrong }))).toContain(found);
  });
});
