import { Annotations, type Stack } from 'aws-cdk-lib';
import { type EksRunner, RunnerCluster, RunnerIdentity, RunnerImage } from '../../../constructs';
import { API_KEY_ARN, anEksRunner, anImportedCluster, anImportedClusterV2, environmentIn, runnerPodIn } from '../../support/kubernetes';
import { aStack, aStackIn, findingsIn, refusalOf, statementsIn } from '../../support/synth';

describe('the published image', () => {
  const published = { image: RunnerImage.published() };
  const acknowledged = (runner: EksRunner) => Annotations.of(runner).acknowledgeWarning('axiom-runner:publishedImage', 'a test');

  it('gets the API key from a Kubernetes Secret, and no probes', () => {
    const stack = aStackIn('eu-central-1');
    acknowledged(anEksRunner(stack, { ...published, apiKeyKubernetesSecret: 'axiom-api-key' }));
    expect(environmentIn(runnerPodIn(stack))['RUNNER_API_KEY']).toEqual({ secretKeyRef: { name: 'axiom-api-key', key: 'RUNNER_API_KEY' } });
    expect(runnerPodIn(stack).containers[0]).not.toHaveProperty('readinessProbe');
    expect(JSON.stringify(statementsIn(stack))).not.toContain(API_KEY_ARN);
  });

  it('is one warning, which can be acknowledged', () => {
    const [warned, quiet] = [aStackIn('eu-central-1'), aStackIn('eu-central-1')];
    anEksRunner(warned, { ...published, apiKeyKubernetesSecret: 'axiom-api-key' });
    acknowledged(anEksRunner(quiet, { ...published, apiKeyKubernetesSecret: 'axiom-api-key' }));
    const error = jest.spyOn(console, 'error').mockImplementation();
    expect(findingsIn(warned)).toEqual([expect.stringContaining('axiom-runner:publishedImage')]);
    error.mockRestore();
    expect(findingsIn(quiet)).toEqual([]);
  });

  it('is refused without such a Secret', () => {
    expect(refusalOf(() => anEksRunner(aStack(), published))).toContain('[Stack/Runner] apiKeyKubernetesSecret is missing');
  });

  it('is the only one that takes such a Secret', () => {
    const refusal = refusalOf(() => anEksRunner(aStack(), { apiKeyKubernetesSecret: 'axiom-api-key' }));
    expect(refusal).toContain('[Stack/Runner] apiKeyKubernetesSecret is "axiom-api-key". Allowed: nothing with an image that reads');
  });
});

describe('what is refused', () => {
  it.each<[string, (stack: Stack) => RunnerCluster]>([
    ['kubectlRoleArn', (stack) => RunnerCluster.fromEks(anImportedCluster(stack, { kubectlProvider: undefined }))],
    ['kubectlProviderOptions', (stack) => RunnerCluster.fromEksV2(anImportedClusterV2(stack, { kubectlProvider: undefined }))],
  ])('a cluster that nothing can be applied to: %s is missing', (mend, clusterIn) => {
    const stack = aStack();
    const refusal = refusalOf(() => anEksRunner(stack, { cluster: clusterIn(stack) }));
    expect(refusal).toContain('[Stack/Runner] cluster is one that the CDK cannot apply a manifest to');
    expect(refusal).toContain(mend);
  });

  it.each<[string, (stack: Stack) => RunnerCluster]>([
    ['aws-eks', (stack) => RunnerCluster.fromEks(anImportedCluster(stack, { openIdConnectProvider: undefined }))],
    ['aws-eks-v2', (stack) => RunnerCluster.fromEksV2(anImportedClusterV2(stack, { openIdConnectProvider: undefined }))],
  ])('a cluster of %s whose OpenID Connect provider is not known', (_, clusterIn) => {
    const stack = aStack();
    const cluster = clusterIn(stack);
    expect(refusalOf(() => anEksRunner(stack, { cluster }))).toContain('[Stack/Runner] cluster is without OpenID Connect provider');
    anEksRunner(stack, { cluster, identity: RunnerIdentity.podIdentity() }, 'Associated');
  });

  it.each([
    ['kubernetesNamespace', { kubernetesNamespace: 'a b' }],
    ['serviceAccountName', { serviceAccountName: '*' }],
    ['name', { name: 'Runner' }],
    ['cpu', { cpu: 'one' }],
  ])('a wrong %s', (setting, props) => {
    expect(refusalOf(() => anEksRunner(aStack(), props))).toContain(`${setting} is "${Object.values(props)[0]}"`);
  });
});
