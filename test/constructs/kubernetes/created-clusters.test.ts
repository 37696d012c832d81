import { KubectlV35Layer } from '@aws-cdk/lambda-layer-kubectl-v35';
import { Stack } from 'aws-cdk-lib';
import * as eks from 'aws-cdk-lib/aws-eks';
import * as eksv2 from 'aws-cdk-lib/aws-eks-v2';
import { RunnerCluster, RunnerIdentity } from '../../../constructs';
import { anEksRunner, manifestsIn } from '../../support/kubernetes';
import { ACCOUNT, anApp, templateOf } from '../../support/synth';

const ENV = { account: ACCOUNT, region: 'eu-central-1' };

const CLUSTERS: [string, (stack: Stack) => RunnerCluster][] = [
  [
    'aws-eks',
    (stack) =>
      RunnerCluster.fromEks(
        new eks.Cluster(stack, 'Cluster', {
          version: eks.KubernetesVersion.of('1.35'),
          kubectlLayer: new KubectlV35Layer(stack, 'Kubectl'),
        }),
      ),
  ],
  [
    'aws-eks-v2',
    (stack) =>
      RunnerCluster.fromEksV2(
        new eksv2.Cluster(stack, 'Cluster', {
          version: eksv2.KubernetesVersion.of('1.35'),
          kubectlProviderOptions: { kubectlLayer: new KubectlV35Layer(stack, 'Kubectl') },
        }),
      ),
  ],
];

// Its own parts of aws-eks are deprecated.
beforeAll(() => {
  process.env['JSII_DEPRECATED'] = 'quiet';
});

describe.each(CLUSTERS)('on a cluster of %s that the app makes', (_, clusterIn) => {
  it('applies the chart in the same stack, and trusts the provider that the cluster makes', () => {
    const stack = new Stack(anApp(), 'Stack', { env: ENV });
    anEksRunner(stack, { cluster: clusterIn(stack) });
    expect(
      manifestsIn(stack)
        .flat()
        .map(({ kind }) => kind),
    ).toEqual(expect.arrayContaining(['Namespace', 'Deployment']));
    expect(trustTexts(stack)).toContainEqual(expect.stringContaining('system:serviceaccount:'));
  });

  it('applies the chart from another stack', () => {
    const app = anApp();
    const platform = new Stack(app, 'Platform', { env: ENV });
    const access = new Stack(app, 'Access', { env: ENV });
    anEksRunner(access, { cluster: clusterIn(platform), identity: RunnerIdentity.podIdentity() });
    expect(
      manifestsIn(access)
        .flat()
        .map(({ kind }) => kind),
    ).toContain('Deployment');
    expect(access.dependencies).toContain(platform);
    expect(platform.dependencies).not.toContain(access);
  });
});

function trustTexts(stack: Stack): string[] {
  return Object.values(templateOf(stack).findResources('AWS::IAM::Role')).map(({ Properties }) =>
    JSON.stringify(Properties.AssumeRolePolicyDocument),
  );
}
