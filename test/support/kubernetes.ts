import type { Stack } from 'aws-cdk-lib';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as eks from 'aws-cdk-lib/aws-eks';
import * as eksv2 from 'aws-cdk-lib/aws-eks-v2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Testing } from 'cdk8s';
import {
  EksRunner,
  type EksRunnerProps,
  RunnerApiKey,
  RunnerChart,
  type RunnerChartProps,
  RunnerCluster,
  RunnerImage,
} from '../../constructs';
import { PROVIDER_ARN } from './roles';
import { ACCOUNT, anApiKey, templateOf } from './synth';

export const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;
export { API_KEY_ARN } from './synth';

const SERVICE_TOKEN = `arn:aws:lambda:eu-central-1:${ACCOUNT}:function:kubectl`;

/** An object as the API server gets it. */
export interface KubernetesObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  // biome-ignore lint/suspicious/noExplicitAny: as deep as the kind's own schema
  readonly [field: string]: any;
}

/** A chart in a cdk8s app of its own. */
export function aChart(props: Partial<RunnerChartProps> = {}): RunnerChart {
  return new RunnerChart(Testing.app(), 'Runner', {
    tenantId: 'acme',
    runnerGroupId: 'eu-1',
    image: 'registry.example.com/runner:1',
    apiKey: RunnerApiKey.fromSecretsManager('axiom-runner/api-key'),
    ...props,
  });
}

/** The objects of a chart, by kind. */
export function objectsOf(chart: RunnerChart): Record<string, KubernetesObject> {
  return byKind(chart.toJson());
}

export function byKind(objects: readonly KubernetesObject[]): Record<string, KubernetesObject> {
  const found = Object.fromEntries(objects.map((object) => [object.kind, object]));
  expect(Object.keys(found)).toHaveLength(objects.length);
  return found;
}

/** The pod of a chart's Deployment. */
export function podOf(props: Partial<RunnerChartProps> = {}) {
  return objectsOf(aChart(props))['Deployment']?.['spec'].template.spec;
}

/** The environment of a container, by name; a value from elsewhere is shown as it is. */
export function environmentIn(pod: KubernetesObject['spec']): Record<string, unknown> {
  const variables: { name: string; value?: string; valueFrom?: unknown }[] = pod.containers[0].env;
  return Object.fromEntries(variables.map(({ name, value, valueFrom }) => [name, value ?? valueFrom]));
}

/** A cluster of `aws-eks` that was imported with all that the CDK needs to apply manifests. */
export function anImportedCluster(stack: Stack, attributes: Partial<eks.ClusterAttributes> = {}, id = 'Cluster'): eks.ICluster {
  return eks.Cluster.fromClusterAttributes(stack, id, {
    clusterName: 'production',
    openIdConnectProvider: iam.OpenIdConnectProvider.fromOpenIdConnectProviderArn(stack, `${id}Issuer`, PROVIDER_ARN),
    kubectlProvider: eks.KubectlProvider.fromKubectlProviderAttributes(stack, `${id}Kubectl`, {
      functionArn: SERVICE_TOKEN,
      handlerRole: iam.Role.fromRoleArn(stack, `${id}Handler`, `arn:aws:iam::${ACCOUNT}:role/handler`),
      kubectlRoleArn: `arn:aws:iam::${ACCOUNT}:role/kubectl`,
    }),
    ...attributes,
  });
}

/** The same of `aws-eks-v2`. */
export function anImportedClusterV2(stack: Stack, attributes: Partial<eksv2.ClusterAttributes> = {}, id = 'Cluster'): eksv2.ICluster {
  return eksv2.Cluster.fromClusterAttributes(stack, id, {
    clusterName: 'production',
    openIdConnectProvider: iam.OpenIdConnectProvider.fromOpenIdConnectProviderArn(stack, `${id}Issuer`, PROVIDER_ARN),
    kubectlProvider: eksv2.KubectlProvider.fromKubectlProviderAttributes(stack, `${id}Kubectl`, {
      serviceToken: SERVICE_TOKEN,
      role: iam.Role.fromRoleArn(stack, `${id}Handler`, `arn:aws:iam::${ACCOUNT}:role/handler`),
    }),
    ...attributes,
  });
}

/** Runners in an imported cluster, from an image in Amazon ECR. */
export function anEksRunner(stack: Stack, props: Partial<EksRunnerProps> = {}, id = 'Runner'): EksRunner {
  return new EksRunner(stack, id, {
    tenantId: 'acme',
    runnerGroupId: 'eu-1',
    apiKeySecret: anApiKey(stack, `${id}ApiKey`),
    cluster: props.cluster ?? RunnerCluster.fromEks(anImportedCluster(stack, {}, `${id}Cluster`)),
    image: RunnerImage.fromEcr(ecr.Repository.fromRepositoryName(stack, `${id}Repository`, 'axiom-runner'), DIGEST),
    ...props,
  });
}

/** A manifest's objects as text, with references in the place of `‹…›`; several manifests one after another. */
export function manifestsIn(stack: Stack): KubernetesObject[][] {
  const resources = templateOf(stack).findResources('Custom::AWSCDK-EKS-KubernetesResource');
  return Object.values(resources).map(({ Properties }) => JSON.parse(joined(Properties.Manifest)));
}

/** The objects of the one runner in a stack, without the namespace's, by kind. */
export function runnerObjectsIn(stack: Stack): Record<string, KubernetesObject> {
  const [objects] = manifestsIn(stack).filter((manifest) => manifest.some(({ kind }) => kind === 'Deployment'));
  return byKind(objects ?? []);
}

/** The pod of the one runner in a stack. */
export function runnerPodIn(stack: Stack) {
  return runnerObjectsIn(stack)['Deployment']?.['spec'].template.spec;
}

function joined(text: unknown): string {
  if (typeof text === 'string') return text;
  if (typeof text === 'object' && text !== null && 'Fn::Join' in text) {
    const [delimiter, parts] = text['Fn::Join'] as [string, unknown[]];
    return parts.map((part) => (typeof part === 'string' ? part : `‹${reference(part)}›`)).join(delimiter);
  }
  throw new Error(`${JSON.stringify(text)} is no text`);
}

function reference(value: unknown): string {
  const [name] = Object.values(value as Record<string, unknown>);
  return Array.isArray(name) ? name.join('.') : String(name);
}
