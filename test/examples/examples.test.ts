import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { typeErrorsIn } from '../support/type-errors';
import { AGENT_CLIENTS, appFile, EXAMPLE_NAMES, EXAMPLES, stacksOf } from './support/example';
import { findingsByConstruct } from './support/findings';

/** A state key of the app's own is not rotated by a schedule: docs/security.md. */
const STATE_KEY = 'StateKey: AwsSolutions-SMG4';
/** What the CDK makes for a cluster and its kubectl provider: managed policies, wildcards, a Lambda function's version. */
const CLUSTER = ['Cluster: AwsSolutions-IAM4', 'Cluster: AwsSolutions-IAM5', 'Cluster: AwsSolutions-L1'];
/** What the CDK makes for a pipeline: a bucket for artefacts without access log, wildcards in the roles of its steps. */
const PIPELINE = ['Pipeline: AwsSolutions-S1', 'Pipeline: AwsSolutions-IAM5'];

/** The stacks of each example, and what is found in them. */
const EXPECTED: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'cdk8s-chart': {},
  'cross-account-secrets': { AxiomRunnerAccount: [], AxiomStoreAccount: [] },
  'eks-helm': { AxiomCluster: [...CLUSTER, STATE_KEY] },
  'existing-cluster-role': { AxiomRunnerRole: [STATE_KEY] },
  'imported-cluster': { AxiomRunner: [] },
  'least-privilege': { AxiomRunner: [] },
  'many-accounts': { AxiomRunnerRoles: [], AxiomStorePayments: [], AxiomStoreLogistics: [], AxiomStoreAnalytics: [] },
  monitoring: { AxiomRunner: [] },
  pipeline: { 'Store/SecretsManagerRole': [], 'Production/Runner': [], AxiomRunnerPipeline: PIPELINE },
  'private-vpc': { AxiomRunner: [] },
  'roles-for-eks': { AxiomRoles: [] },
  'rotation-events': { SecretRotation: [] },
  'secret-agent-ecs': { Shop: [] },
  'secret-agent-kubernetes': {},
  'several-groups': { AxiomRunnerProduction: [], AxiomRunnerDevelopment: [] },
};
const MOST_LINES_OF_CODE = 60;

it('each example is tested, and stands in the table', () => {
  expect(EXAMPLE_NAMES).toEqual(Object.keys(EXPECTED));
  const page = readFileSync(join(EXAMPLES, 'README.md'), 'utf8');
  expect(EXAMPLE_NAMES.filter((example) => !page.includes(`(${example}/app.ts)`))).toEqual([]);
  const languages = readdirSync(join(EXAMPLES, AGENT_CLIENTS));
  expect(languages.filter((language) => !page.includes(`(${AGENT_CLIENTS}/${language})`))).toEqual([]);
});

it.each(EXAMPLE_NAMES)('%s says what it shows, and is short enough to be read', (example) => {
  const text = readFileSync(appFile(example), 'utf8');
  expect(text).toMatch(/^\/\*\*\n \* [A-Z]/m);
  const code = text.split('\n').filter((line) => !/^\s*(\/\/|\/?\*|$)/.test(line));
  expect(code.length).toBeLessThanOrEqual(MOST_LINES_OF_CODE);
});

it.each(EXAMPLE_NAMES)(
  '%s synthesises without warnings',
  (example) => {
    const found = Object.entries(stacksOf(example)).map(([path, stack]) => [path, findingsByConstruct(stack)]);
    expect(Object.fromEntries(found)).toEqual(EXPECTED[example]);
  },
  60_000,
);

it('every example compiles, and the check can fail', () => {
  const folder = mkdtempSync(join(tmpdir(), 'axiom-wrong-'));
  const wrong = join(folder, 'app.ts');
  writeFileSync(wrong, "import { EcsRunner } from 'axiom-runner';\nexport const wrong: number = EcsRunner.name;\n");
  const errors = typeErrorsIn([...EXAMPLE_NAMES.map(appFile), wrong]);
  rmSync(folder, { recursive: true });
  expect(errors).toEqual([expect.stringContaining("'string' is not assignable to type 'number'")]);
}, 120_000);
