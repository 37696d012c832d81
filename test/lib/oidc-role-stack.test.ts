import { OIDC_ROLE_TEMPLATE } from '../../contract/cloudformation';
import { OidcRoleStack, type OidcRoleStackProps } from '../../lib';
import { ISSUER, PROVIDER_ARN, PROXY_ROLE_ARN } from '../support/roles';
import {
  anApp,
  bootstrapNeedsOf,
  findingsIn,
  logicalIdsIn,
  refusalOf,
  statementsIn,
  templateOf,
  theRoleIn,
  trustPolicyIn,
} from '../support/synth';
import { parametersOf, takes } from '../support/template-parameters';

const aStack = (props?: OidcRoleStackProps) => new OidcRoleStack(anApp(), 'AxiomOidcRole', props);
/** The standalone template: no settings, so everything is a parameter. */
const standalone = aStack();
const parameters = parametersOf(templateOf(standalone));

describe('the standalone template', () => {
  it('has the parameters and the output of the contract, and no others', () => {
    const template = templateOf(standalone);
    expect(Object.keys(parameters).sort()).toEqual(Object.values(OIDC_ROLE_TEMPLATE.parameters).sort());
    expect(Object.keys(template.findOutputs('*'))).toEqual(Object.values(OIDC_ROLE_TEMPLATE.outputs));
  });

  it('puts out the ARN of the role', () => {
    expect(templateOf(standalone).findOutputs('*')['AxiomRunnerIAMRole']).toMatchObject({
      Value: { 'Fn::GetAtt': ['RunnerRoleDF7591A4', 'Arn'] },
    });
  });

  it('makes a role of the parameters', () => {
    expect(trustPolicyIn(standalone)).toEqual({
      'Fn::Sub': [
        expect.stringContaining(
          '"StringEquals":{"${Issuer}:aud":"sts.amazonaws.com","${Issuer}:sub":"system:serviceaccount:${Namespace}:${ServiceAccountName}"}',
        ),
        {
          ProviderArn: { Ref: 'OIDCProviderARN' },
          Issuer: { Ref: 'OIDCProviderURL' },
          Namespace: { Ref: 'KubernetesNamespace' },
          ServiceAccountName: { Ref: 'ServiceAccountName' },
        },
      ],
    });
    expect(theRoleIn(standalone)).toHaveProperty('RoleName', { Ref: 'RoleName' });
  });

  it('lets the runner assume the proxy role that is given, else every role whose name contains Axiom-Security', () => {
    templateOf(standalone).hasCondition('HasProxyRoleArn', { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: 'ProxyRoleArn' }, ''] }] });
    expect(statementsIn(standalone)).toContainEqual({
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Resource: {
        'Fn::If': [
          'HasProxyRoleArn',
          { Ref: 'ProxyRoleArn' },
          { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::*:role/*Axiom-Security*']] },
        ],
      },
    });
  });

  it('can be launched as a file: no bootstrap, no assets, no custom resources, no traces of the app that made it', () => {
    expect(Object.keys(templateOf(standalone).toJSON()).sort()).toEqual([
      'Conditions',
      'Description',
      'Outputs',
      'Parameters',
      'Resources',
    ]);
    expect(JSON.stringify(templateOf(standalone).toJSON())).not.toMatch(/aws:cdk|bootstrap|"Metadata"|Custom::|Lambda/i);
  });

  it('needs no bootstrapped account: no role of the bootstrap stack, no asset', () => {
    expect(bootstrapNeedsOf(standalone)).toEqual([]);
  });

  it('keeps construct paths out, even where the app writes them into its other templates', () => {
    const app = anApp();
    app.node.setContext('aws:cdk:enable-path-metadata', true);
    expect(JSON.stringify(templateOf(new OidcRoleStack(app, 'AxiomOidcRole')).toJSON())).not.toContain('aws:cdk:path');
  });

  it('keeps its logical ids, because another id would replace the role', () => {
    expect(logicalIdsIn(standalone)).toEqual([
      'RunnerRoleDF7591A4',
      'RunnerRoleDefaultPolicyBC2CE6B6',
      'RunnerRoleReadIntegrationSecretsE8740988',
    ]);
  });

  it('has no findings: no warnings, no errors, clean for cdk-nag', () => {
    expect(findingsIn(standalone)).toEqual([]);
  });
});

describe('the parameter', () => {
  it.each<[string, string | undefined]>([
    ['KubernetesNamespace', 'axiom'],
    ['RoleName', 'axiomrunner-role'],
    ['OIDCProviderURL', undefined],
    ['OIDCProviderARN', undefined],
    ['ServiceAccountName', 'axiom-runner'],
    ['ProxyRoleArn', ''],
  ])('%s has the default %s', (name, defaultValue) => {
    expect(parameters[name]?.Default).toBe(defaultValue);
  });

  it.each([
    ['KubernetesNamespace', ['axiom', 'a', 'team-7'], ['', '*', 'a.b', 'Axiom', '-a', 'a:b', 'a'.repeat(64)]],
    ['RoleName', ['axiomrunner-role', 'a'], ['', 'a/b', 'a b', 'a'.repeat(65)]],
    [
      'OIDCProviderURL',
      [ISSUER, 'oidc.eks.us-west-2.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE', 'oidc.example.com', 'localhost:6443'],
      ['', `https://${ISSUER}`, `${ISSUER}/`, 'a":"b', PROVIDER_ARN],
    ],
    ['OIDCProviderARN', [PROVIDER_ARN, PROVIDER_ARN.replace('aws', 'aws-cn')], ['', ISSUER, PROXY_ROLE_ARN, 'a":"b']],
    ['ServiceAccountName', ['axiom-runner', 'a.b'], ['', '*', 'axiom-*', 'A', 'a.']],
    ['ProxyRoleArn', ['', PROXY_ROLE_ARN], ['*', 'arn:aws:iam::*:role/x', 'Axiom-Security-SecretsManagerRole']],
  ])('%s takes what its construct takes, and refuses what it refuses', (name, taken, refused) => {
    expect(taken.filter((value) => !takes(parameters[name], value))).toEqual([]);
    expect(refused.filter((value) => takes(parameters[name], value))).toEqual([]);
  });

  it('OIDCProviderURL says to remove https://', () => {
    expect(parameters['OIDCProviderURL']?.ConstraintDescription).toContain('Remove https:// and a slash at the end');
  });
});

describe('with settings of its own', () => {
  const props = {
    kubernetesNamespace: 'access',
    serviceAccountName: 'runner',
    roleName: 'runner-role',
    oidcProviderUrl: `https://${ISSUER}`,
    oidcProviderArn: PROVIDER_ARN,
    proxyRoleArn: PROXY_ROLE_ARN,
  };

  it('asks for no parameters, and writes the trust policy out', () => {
    expect(templateOf(aStack(props)).toJSON()).not.toHaveProperty('Parameters');
    expect(trustPolicyIn(aStack(props))).toMatchObject({
      Statement: [{ Condition: { StringEquals: { [`${ISSUER}:sub`]: 'system:serviceaccount:access:runner' } } }],
    });
    expect(statementsIn(aStack(props))).toContainEqual({ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: PROXY_ROLE_ARN });
    expect(findingsIn(aStack(props))).toEqual([]);
  });

  it.each<[OidcRoleStackProps, string]>([
    [{ kubernetesNamespace: '*' }, '[AxiomOidcRole/RunnerRole] kubernetesNamespace is "*".'],
    [{ serviceAccountName: '*' }, '[AxiomOidcRole/RunnerRole] serviceAccountName is "*".'],
    [{ roleName: 'a b' }, '[AxiomOidcRole/RunnerRole] roleName is "a b".'],
    [{ oidcProviderUrl: 'http://x' }, '[AxiomOidcRole/RunnerRole] oidcProviderUrl is "http://x".'],
    [{ oidcProviderArn: 'x' }, '[AxiomOidcRole/RunnerRole] oidcProviderArn is "x".'],
    [{ proxyRoleArn: 'arn:aws:iam::*:role/x' }, '[AxiomOidcRole] proxyRoleArn is "arn:aws:iam::*:role/x".'],
  ])('refuses %p', (wrong, found) => {
    expect(refusalOf(() => aStack({ ...props, ...wrong }))).toContain(found);
  });
});
