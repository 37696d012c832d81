import type { CfnResource, Stack } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { App as Manifests, Testing } from 'cdk8s';
import { RunnerApiKey, type RunnerHostProps, RunnerImage, SecretsManagerProxyRole } from '../../../constructs';
import { runnerEnvironment } from '../../../constructs/runner/runner-environment';
import { anEc2Runner } from '../../support/ec2-runner';
import { anEcsRunner } from '../../support/ecs-runner';
import { aChart, anEksRunner, byKind } from '../../support/kubernetes';
import { aStackIn } from '../../support/synth';
import { inPod, inTask, THE_API_KEY } from './container-environment';
import { deployed, type PhysicalNames } from './deployed';
import type { Variables } from './env-file-readers';
import type { WantedRunner } from './runner-arbitrary';

/** Region of all hosts. */
export const REGION = 'eu-central-1';
/** Name of the Kubernetes Secret with the API key. */
export const KUBERNETES_SECRET = 'axiom-runner-key';

/** What all other renderings must equal. */
export function reference({ settings, keyByVariable, apiKeySecretArn, stateKey, ledgerTable, proxyRole }: WantedRunner): Variables {
  const environment = runnerEnvironment(new Manifests(), settings, {
    apiKeySecretId: keyByVariable ? undefined : apiKeySecretArn,
    stateKeySecretId: stateKey.arn,
    ledgerTable,
    proxyRoleArn: proxyRole?.arn,
    proxyRoleExternalId: proxyRole?.externalId,
  });
  return keyByVariable ? { ...environment, RUNNER_API_KEY: THE_API_KEY } : environment;
}

export function ofEcsRunner(wanted: WantedRunner): Variables {
  const stack = aStackIn(REGION);
  const image = wanted.keyByVariable ? { image: RunnerImage.published() } : {};
  const { taskDefinition } = anEcsRunner(stack, { ...hostProps(stack, wanted), ...image });
  const { containerDefinitions } = taskDefinition.node.defaultChild as ecs.CfnTaskDefinition;
  const [container] = deployed(stack, containerDefinitions, namesOf(wanted));
  return inTask({
    Environment: container.environment.map(({ name, value }: { name: string; value: string }) => ({ Name: name, Value: value })),
    Secrets: container.secrets?.map(({ name }: { name: string }) => ({ Name: name })),
  });
}

export function ofEksRunner(wanted: WantedRunner): Variables {
  const stack = aStackIn(REGION);
  const image = wanted.keyByVariable ? { image: RunnerImage.published(), apiKeyKubernetesSecret: KUBERNETES_SECRET } : {};
  const runner = anEksRunner(stack, { ...hostProps(stack, wanted), ...image });
  const manifest = runner.node.findChild('Manifest').node.findChild('Resource').node.defaultChild as CfnResource;
  const { Properties } =
    Object.values<{ Properties: { Manifest: unknown } }>(stack.resolve(manifest._toCloudFormation()).Resources)[0] ?? {};
  const objects = JSON.parse(deployed(stack, Properties?.Manifest, namesOf(wanted)));
  return inPod(byKind(objects)['Deployment']?.['spec'].template.spec.containers[0].env);
}

export function ofRunnerChart({ settings, keyByVariable, apiKeySecretArn, stateKey, ledgerTable, proxyRole }: WantedRunner): Variables {
  const chart = aChart({
    ...settings,
    apiKey: keyByVariable ? RunnerApiKey.fromKubernetesSecret(KUBERNETES_SECRET) : RunnerApiKey.fromSecretsManager(apiKeySecretArn),
    stateKeySecretId: stateKey.arn,
    ledgerTable,
    proxyRoleArn: proxyRole?.arn,
    proxyRoleExternalId: proxyRole?.externalId,
  });
  // What kubectl is given: the manifest as text.
  const [deployment] = Testing.synth(chart).filter(({ kind }) => kind === 'Deployment');
  return inPod(JSON.parse(JSON.stringify(deployment.spec.template.spec.containers[0].env)));
}

/** The user data of EC2 instances, and the folder with the assets that it downloads. */
export function userDataOfEc2Runner(wanted: WantedRunner): { readonly text: string; readonly assets: string } {
  const stack = aStackIn(REGION);
  const runner = anEc2Runner(stack, hostProps(stack, wanted));
  const { launchTemplateData } = runner.node.findChild('LaunchTemplate').node.defaultChild as ec2.CfnLaunchTemplate;
  const { userData } = deployed(stack, launchTemplateData, namesOf(wanted));
  return { text: userData['Fn::Base64'], assets: outputFolderOf(stack) };
}

function outputFolderOf(stack: Stack): string {
  const { outdir } = stack.node.root as unknown as { readonly outdir: string }; // An app is a stage, which has one.
  return outdir;
}

function hostProps(stack: Stack, wanted: WantedRunner): RunnerHostProps {
  const { settings, apiKeySecretArn, stateKey, ledgerTable, proxyRole } = wanted;
  const secretOf = (id: string, arn: string) => secretsmanager.Secret.fromSecretCompleteArn(stack, id, arn);
  const attributes = proxyRole === undefined ? undefined : { roleArn: proxyRole.arn, externalId: proxyRole.externalId };
  return {
    ...settings,
    apiKeySecret: secretOf('ApiKey', apiKeySecretArn),
    ...(stateKey.madeByHost ? {} : { stateKeySecret: secretOf('StateKey', stateKey.arn) }),
    ledger: ledgerTable !== undefined,
    proxyRole: attributes && SecretsManagerProxyRole.fromSecretsManagerProxyRoleAttributes(stack, 'ProxyRole', attributes),
  };
}

function namesOf({ stateKey, ledgerTable = '' }: WantedRunner): PhysicalNames {
  return { 'AWS::SecretsManager::Secret': stateKey.arn, 'AWS::DynamoDB::Table': ledgerTable };
}
