import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CfnElement, Stack } from 'aws-cdk-lib';
import { PROXY_ROLE_TEMPLATE } from '../../contract/cloudformation';
import { ACCOUNT, bootstrapNeedsOf, OTHER_ACCOUNT, statementsIn, templateOf, theOne, trustPolicyIn } from '../support/synth';
import { EXAMPLES, stackOf, stacksOf } from './support/example';

const logicalId = (stack: Stack, id: string) => stack.getLogicalId(stack.node.findChild(id).node.defaultChild as CfnElement);

it('roles-for-eks: the proxy role trusts the runner, which may assume proxy roles', () => {
  const stack = stackOf('roles-for-eks', 'AxiomRoles');
  templateOf(stack).resourceCountIs('AWS::IAM::Role', 2);
  templateOf(stack).hasResourceProperties('AWS::IAM::Role', {
    AssumeRolePolicyDocument: {
      Statement: [{ Action: 'sts:AssumeRole', Principal: { AWS: { 'Fn::GetAtt': [logicalId(stack, 'RunnerRole'), 'Arn'] } } }],
    },
  });
  expect(Object.keys(templateOf(stack).findOutputs('*')).sort()).toEqual(['AxiomRunnerIAMRole', 'ExternalId', 'RoleArn']);
});

it('cross-account-secrets: each role names the other, and no third one', () => {
  const stacks = stacksOf('cross-account-secrets');
  const { AxiomRunnerAccount: runner, AxiomStoreAccount: store } = stacks;
  if (runner === undefined || store === undefined) throw new Error(`there are only ${Object.keys(stacks)}`);
  expect(statementsIn(runner)).toContainEqual({
    Action: 'sts:AssumeRole',
    Effect: 'Allow',
    Resource: `arn:aws:iam::${OTHER_ACCOUNT}:role/Axiom-Security-SecretsManagerRole`,
  });
  const { RoleName } = theOne(templateOf(runner), 'AWS::IAM::Role');
  expect(JSON.stringify(trustPolicyIn(store))).toContain(`:iam::${ACCOUNT}:role/${RoleName}`);
  expect(store.dependencies).toEqual([runner]);
});

it('existing-cluster-role: the runner reads its own two keys, and the trust policy is written out', () => {
  const stack = stackOf('existing-cluster-role', 'AxiomRunnerRole');
  const issuer = 'oidc.eks.us-west-2.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE';
  expect(trustPolicyIn(stack)).toMatchObject({
    Statement: [{ Condition: { StringEquals: { [`${issuer}:sub`]: 'system:serviceaccount:axiom:axiom-runner' } } }],
  });
  expect(statementsIn(stack)).toContainEqual({
    Action: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
    Effect: 'Allow',
    Resource: [
      { 'Fn::Join': ['', expect.arrayContaining([expect.stringMatching(/:secret:axiom-runner\/api-key-\?{6}$/)])] },
      { Ref: logicalId(stack, 'StateKey') },
    ],
  });
  templateOf(stack).resourceCountIs('AWS::SecretsManager::Secret', 1);
});

describe('many-accounts', () => {
  const stores = Object.values(stacksOf('many-accounts')).filter(({ node }) => node.id.startsWith('AxiomStore'));

  it('gives each team an own external id, and trusts the role of its own runners only', () => {
    const trusted = stores.map((store) => trustPolicyIn(store)) as { Statement: { Principal: object; Condition: object }[] }[];
    const principals = trusted.map(({ Statement }) => Statement.map(({ Principal }) => Principal));
    expect(principals).toEqual(
      ['payments', 'logistics', 'analytics'].map((team) => [{ AWS: `arn:aws:iam::${ACCOUNT}:role/axiomrunner-${team}` }]),
    );
    expect(new Set(trusted.map(({ Statement: [statement] }) => JSON.stringify(statement?.Condition))).size).toBe(3);
  });

  it('lets each team assume the role of its own account only', () => {
    const assumed = statementsIn(stackOf('many-accounts', 'AxiomRunnerRoles')).filter(
      (statement) => (statement as { Action: string }).Action === 'sts:AssumeRole',
    );
    expect(assumed.map((statement) => (statement as { Resource: string }).Resource)).toEqual(
      stores.map(({ account }) => `arn:aws:iam::${account}:role/Axiom-Security-SecretsManagerRole`),
    );
  });

  it('needs no bootstrap in the accounts of the stores', () => {
    expect(stores.flatMap(bootstrapNeedsOf)).toEqual([]);
  });

  it('names parameters of the template where it is rolled out without the CDK', () => {
    const page = readFileSync(join(EXAMPLES, 'README.md'), 'utf8');
    const named = [...page.matchAll(/ParameterKey=(\w+)| (\w+)=(?="?\$|arn:aws:iam)/g)].map(([, key, name]) => key ?? name ?? '');
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((name) => !(Object.values(PROXY_ROLE_TEMPLATE.parameters) as string[]).includes(name))).toEqual([]);
  });
});
