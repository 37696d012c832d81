import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as cdk from 'aws-cdk-lib';
import * as ts from 'typescript';
import * as axiom from '../..';
import { ACCOUNT, findingsIn, OTHER_ACCOUNT, statementsIn, templateOf, theOne, trustPolicyIn } from '../support/synth';

const EXAMPLES = join(__dirname, '../../examples');
const { context } = JSON.parse(readFileSync(join(__dirname, '../../cdk.json'), 'utf8'));
const output = mkdtempSync(join(tmpdir(), 'axiom-examples-'));
afterAll(() => rmSync(output, { recursive: true }));

/** Runs an example as it stands, against the sources of this repository. @returns its stacks by id */
function stacksOf(example: string): Readonly<Record<string, cdk.Stack>> {
  const apps: cdk.App[] = [];
  class App extends cdk.App {
    constructor() {
      super({ context, analyticsReporting: false, outdir: join(output, example) });
      apps.push(this);
    }
  }
  const { outputText } = ts.transpileModule(readFileSync(join(EXAMPLES, example, 'app.ts'), 'utf8'), {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const modules: Readonly<Record<string, unknown>> = { 'axiom-runner': axiom, 'aws-cdk-lib': { ...cdk, App } };
  new Function('require', 'exports', outputText)((name: string) => modules[name] ?? require(name), {});
  const stacks = apps.flatMap((app) => app.node.children.filter((child) => cdk.Stack.isStack(child)));
  return Object.fromEntries(stacks.map((stack) => [stack.node.id, stack]));
}

const folders = readdirSync(EXAMPLES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

/** The stacks of each example, and what cdk-nag has to say about them: a state key isn't rotated by a schedule. */
const EXPECTED: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'cross-account-secrets': { AxiomRunnerAccount: [], AxiomStoreAccount: [] },
  'existing-cluster-role': { AxiomRunnerRole: ['AwsSolutions-SMG4'] },
  'roles-for-eks': { AxiomRoles: [] },
};

const byFolder = new Map(folders.map((folder) => [folder, stacksOf(folder)]));

function stackOf(folder: string, id: string): cdk.Stack {
  const stack = byFolder.get(folder)?.[id];
  if (stack === undefined) throw new Error(`${folder} has no stack ${id}`);
  return stack;
}

it('each example is tested, and stands in the table', () => {
  expect(folders).toEqual(Object.keys(EXPECTED));
  const page = readFileSync(join(EXAMPLES, 'README.md'), 'utf8');
  expect(folders.filter((folder) => !page.includes(`(${folder}/app.ts)`))).toEqual([]);
});

it.each(Object.keys(EXPECTED))('%s synthesises without warnings', (folder) => {
  const found = Object.entries(byFolder.get(folder) ?? {}).map(([id, stack]) => [id, findingsIn(stack)]);
  expect(Object.fromEntries(found)).toEqual(EXPECTED[folder]);
});

it('roles-for-eks: the proxy role trusts the runner, which may assume proxy roles', () => {
  const stack = stackOf('roles-for-eks', 'AxiomRoles');
  templateOf(stack).resourceCountIs('AWS::IAM::Role', 2);
  const runnerRole = stack.getLogicalId(stack.node.findChild('RunnerRole').node.defaultChild as cdk.CfnElement);
  templateOf(stack).hasResourceProperties('AWS::IAM::Role', {
    AssumeRolePolicyDocument: { Statement: [{ Action: 'sts:AssumeRole', Principal: { AWS: { 'Fn::GetAtt': [runnerRole, 'Arn'] } } }] },
  });
  expect(Object.keys(templateOf(stack).findOutputs('*')).sort()).toEqual(['AxiomRunnerIAMRole', 'ExternalId', 'RoleArn']);
});

it('cross-account-secrets: each role names the other, and no third one', () => {
  const store = stackOf('cross-account-secrets', 'AxiomStoreAccount');
  const runner = stackOf('cross-account-secrets', 'AxiomRunnerAccount');
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
  const stateKey = stack.getLogicalId(stack.node.findChild('StateKey').node.defaultChild as cdk.CfnElement);
  expect(statementsIn(stack)).toContainEqual({
    Action: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
    Effect: 'Allow',
    Resource: [
      { 'Fn::Join': ['', expect.arrayContaining([expect.stringMatching(/:secret:axiom-runner\/api-key-\?{6}$/)])] },
      { Ref: stateKey },
    ],
  });
  templateOf(stack).resourceCountIs('AWS::SecretsManager::Secret', 1);
});
