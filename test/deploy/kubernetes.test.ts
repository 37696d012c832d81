import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Yaml } from 'cdk8s';
import { RunnerApiKey } from '../../constructs';
import { ENVIRONMENT, ENVIRONMENT_PLACEHOLDERS, IAM_ROLE_PLACEHOLDER } from '../../contract/environment';
import { PUBLISHED_IMAGE } from '../../contract/image';
import { aChart, byKind, environmentIn, type KubernetesObject } from '../support/kubernetes';
import { expectRendered } from '../support/rendered';

const ROOT = join(__dirname, '../..');
const SHIPPED = join(ROOT, 'deploy/kubernetes/eks-runner-kubernetes.yaml');

const text = readFileSync(SHIPPED, 'utf8');
const objects: KubernetesObject[] = Yaml.load(SHIPPED);
const { Deployment, Secret, ServiceAccount, ...others } = byKind(objects);
const pod = Deployment?.['spec'].template;
const occurrences = (part: string) => text.split(part).length - 1;

it('the manifest is that of the chart as it is now; else run: npm run render', () => {
  expectRendered('tools/render/kubernetes.mjs', 'deploy/kubernetes', 'kubernetes');
}, 60_000);

it('holds the objects of the chart, with placeholders', () => {
  const chart = aChart({
    tenantId: 'marker-of-tenant',
    runnerGroupId: 'marker-of-group',
    apiKey: RunnerApiKey._inManifest('<RUNNER_API_KEY>'),
    roleArn: 'arn:aws:iam::111122223333:role/marker',
    image: PUBLISHED_IMAGE,
    healthProbes: false,
  });
  const json = JSON.stringify(chart.toJson())
    .replaceAll('marker-of-tenant', '<TENANT_ID>')
    .replaceAll('marker-of-group', '<RUNNER_GROUP_ID>')
    .replaceAll('arn:aws:iam::111122223333:role/marker', IAM_ROLE_PLACEHOLDER);
  expect(objects).toEqual(JSON.parse(json));
});

it('says first where it comes from and what to do', () => {
  expect(text).toMatch(/^# Made by "npm run render"/);
  expect(text).toContain('kubectl apply -f eks-runner-kubernetes.yaml -n <NAMESPACE>');
});

it('makes these objects and no role', () => {
  expect([Deployment, Secret, ServiceAccount].map((object) => object?.metadata.name)).toEqual(Array(3).fill('axiom-runner'));
  expect(Object.keys(others)).toEqual(['NetworkPolicy', 'PodDisruptionBudget']);
});

it('names no namespace, so that kubectl apply -n chooses it', () => {
  expect(text).not.toMatch(/^\s*namespace:/m);
});

it('has the role as placeholder on the service account and on the pods', () => {
  expect(ServiceAccount?.metadata.annotations).toEqual({ 'eks.amazonaws.com/role-arn': IAM_ROLE_PLACEHOLDER });
  expect(pod.metadata.annotations).toEqual({ 'eks.amazonaws.com/role-arn': IAM_ROLE_PLACEHOLDER });
  expect(pod.metadata.labels).toMatchObject({ app: 'axiom-runner' });
});

it.each(['<TENANT_ID>', '<RUNNER_GROUP_ID>', '<RUNNER_API_KEY>'])(
  'has %s once, and the runtime refuses it when it was forgotten',
  (placeholder) => {
    expect(occurrences(placeholder)).toBe(1);
    expect(text).toMatch(new RegExp(`"${placeholder}" # `));
    expect(ENVIRONMENT_PLACEHOLDERS).toContain(placeholder);
  },
);

it("has the published guide's variables, the key from its Secret", () => {
  const environment = environmentIn(pod.spec);
  const published = ENVIRONMENT.filter((variable) => variable.published && !variable.name.startsWith('AWS_')).map(({ name }) => name);
  expect(Object.keys(environment)).toEqual(published);
  expect(environment['RUNNER_API_KEY']).toEqual({ secretKeyRef: { name: 'axiom-runner', key: 'RUNNER_API_KEY' } });
  expect(Secret?.['stringData']).toEqual({ RUNNER_API_KEY: '<RUNNER_API_KEY>' });
});

it('runs the published image, which has no probes', () => {
  expect(pod.spec.containers).toHaveLength(1);
  expect(pod.spec.containers[0].image).toBe(PUBLISHED_IMAGE);
  expect(text).not.toContain('Probe:');
});
