import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Yaml } from 'cdk8s';
import { HELM_CHART } from '../../contract/kubernetes';
import { byKind, environmentIn, type KubernetesObject, runnerObjectsIn } from '../support/kubernetes';
import { templateOf, theOne } from '../support/synth';
import { EXAMPLES, manifestsOf, stackOf } from './support/example';

describe('eks-helm', () => {
  const stack = stackOf('eks-helm', 'AxiomCluster');
  const [release] = Object.values(templateOf(stack).findResources('Custom::AWSCDK-EKS-HelmChart'));
  const parts: unknown[] = release?.['Properties'].Values['Fn::Join'][1];
  const values: Readonly<Record<string, Readonly<Record<string, unknown>>>> = JSON.parse(
    parts.map((part) => (typeof part === 'string' ? part : 'x')).join(''),
  );

  it('sets values that the chart has', () => {
    const [known] = Yaml.load(join(EXAMPLES, '../deploy/helm', HELM_CHART, 'values.yaml'));
    const set = Object.entries(values).flatMap(([group, fields]) => Object.keys(fields).map((name) => [group, name] as const));
    expect(set.length).toBeGreaterThan(5);
    expect(set.filter(([group, name]) => known[group]?.[name] === undefined)).toEqual([]);
  });

  it('passes no key to the chart, only ids of secrets', () => {
    expect(Object.keys(values['runner'] ?? {})).toEqual(
      expect.arrayContaining(['RUNNER_ROLE_ARN', 'RUNNER_API_KEY_SECRET_ID', 'RUNNER_STATE_KEY_SECRET_ID']),
    );
    expect(values['runner']).not.toHaveProperty('RUNNER_API_KEY');
  });

  it('installs the chart after the role may do what it must', () => {
    const needed = Object.keys(templateOf(stack).toJSON().Resources).filter((id) => id.startsWith('RunnerRole'));
    expect(needed.length).toBeGreaterThan(1);
    expect(release?.['DependsOn']).toEqual(expect.arrayContaining(needed));
  });
});

describe('imported-cluster', () => {
  const stack = stackOf('imported-cluster', 'AxiomRunner');

  it('gives the pods their role by Pod Identity', () => {
    expect(theOne(templateOf(stack), 'AWS::EKS::PodIdentityAssociation')).toMatchObject({
      ClusterName: 'production',
      Namespace: 'axiom',
      ServiceAccount: 'axiom-runner',
    });
    expect(runnerObjectsIn(stack)['ServiceAccount']?.metadata.annotations).toBeUndefined();
  });

  it('makes no cluster and no function: the objects are applied by what is there', () => {
    templateOf(stack).resourceCountIs('AWS::EKS::Cluster', 0);
    templateOf(stack).resourceCountIs('AWS::Lambda::Function', 0);
    expect(Object.keys(runnerObjectsIn(stack)).sort()).toEqual(['Deployment', 'NetworkPolicy', 'PodDisruptionBudget', 'ServiceAccount']);
  });
});

describe('cdk8s-chart', () => {
  const files = manifestsOf('cdk8s-chart');
  const objects: Record<string, KubernetesObject> = byKind(Yaml.load(files['axiom-runner.k8s.yaml'] ?? ''));

  it('writes one file, without a key in it', () => {
    expect(Object.keys(files)).toEqual(['axiom-runner.k8s.yaml']);
    expect(Object.keys(objects).sort()).toEqual(['Deployment', 'NetworkPolicy', 'PodDisruptionBudget', 'ServiceAccount']);
    expect(environmentIn(objects['Deployment']?.['spec'].template.spec)).toMatchObject({
      RUNNER_API_KEY_SECRET_ID: 'axiom-runner/api-key',
      RUNNER_STATE_KEY_SECRET_ID: 'axiom-runner/state-key',
    });
  });

  it('is an app that cdk8s finds', () => {
    const [settings] = Yaml.load(join(EXAMPLES, 'cdk8s-chart/cdk8s.yaml'));
    expect(settings).toEqual({ language: 'typescript', app: 'npx ts-node app.ts' });
  });

  it('fits the role of existing-cluster-role', () => {
    const role = readFileSync(join(EXAMPLES, 'existing-cluster-role/app.ts'), 'utf8');
    for (const secret of ['axiom-runner/api-key', 'axiom-runner/state-key']) expect(role).toContain(`'${secret}'`);
  });
});
