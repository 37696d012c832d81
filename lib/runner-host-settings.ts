import type { Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { type ISecretsManagerProxyRole, type RunnerHostProps, type RunnerOptions, SecretsManagerProxyRole } from '../constructs';
import { acknowledgeFinding } from '../constructs/checks/cdk-nag-acknowledgement';
import { checkedSetting, invalidSetting } from '../constructs/checks/setting-check';
import { DEFAULT_CONTROL_PLANE_ADDRESS } from '../contract/environment';
import { HOST_AND_PORT, KMS_KEY_ARN, SECRET_ID } from '../contract/name-rules';
import { PLATFORM_ID_PARAMETER, type RUNNER_PARAMETERS, SECRET_ARN } from '../contract/runner-templates';
import { proxyRoleIfGiven } from './proxy-role-if-given';
import type { RunnerStackProps } from './runner-stack-props';
import { templateParameter } from './template-sections';

type ParameterNames = typeof RUNNER_PARAMETERS;

/** The settings of a host in a stack: what the stack was given, and parameters of its template for the rest. */
export function runnerHostSettings(stack: Stack, names: ParameterNames, props: RunnerStackProps): RunnerHostProps {
  return {
    ...optionsOf(props),
    tenantId: props.tenantId ?? tenantParameter(stack, names),
    runnerGroupId: props.runnerGroupId ?? runnerGroupParameter(stack, names),
    apiKeySecret: props.apiKeySecretId === undefined ? secretOfParameter(stack, names) : existingSecret(stack, props.apiKeySecretId),
    controlPlaneAddress: props.controlPlaneAddress ?? controlPlaneParameter(stack, names),
    proxyRole: proxyRole(stack, names, props),
    encryptionKey: props.kmsKeyArn === undefined ? undefined : existingKey(stack, props.kmsKeyArn),
    ledger: props.ledger,
    removalPolicy: props.removalPolicy,
  };
}

/** Stacks have properties of other meanings beside these. */
function optionsOf(props: RunnerOptions): RunnerOptions {
  const options: { readonly [name in keyof Required<RunnerOptions>]: RunnerOptions[name] } = {
    controlPlaneAddress: props.controlPlaneAddress,
    temporalNamespace: props.temporalNamespace,
    taskQueue: props.taskQueue,
    resultTaskQueue: props.resultTaskQueue,
    resultActivityName: props.resultActivityName,
    secretStoreRegion: props.secretStoreRegion,
    taskVerificationKey: props.taskVerificationKey,
    recipientKeys: props.recipientKeys,
    maxAccessDuration: props.maxAccessDuration,
    allowed: props.allowed,
    policy: props.policy,
    maxConcurrentTasks: props.maxConcurrentTasks,
    logLevel: props.logLevel,
    httpsProxy: props.httpsProxy,
    noProxy: props.noProxy,
    caCertificates: props.caCertificates,
    environment: props.environment,
  };
  return options;
}

function tenantParameter(stack: Stack, { tenantId }: ParameterNames): string {
  return templateParameter(stack, tenantId, PLATFORM_ID_PARAMETER, 'Tenant id, as the platform shows it.').valueAsString;
}

function runnerGroupParameter(stack: Stack, { runnerGroupId }: ParameterNames): string {
  return templateParameter(stack, runnerGroupId, PLATFORM_ID_PARAMETER, 'Id of the runner group, as the platform shows it.').valueAsString;
}

function secretOfParameter(stack: Stack, { apiKeySecretArn }: ParameterNames): secretsmanager.ISecret {
  const description = 'ARN of the secret with the API key of the runner group, as plain text or as JSON {"RUNNER_API_KEY": "..."}.';
  const arn = templateParameter(stack, apiKeySecretArn, SECRET_ARN, description).valueAsString;
  acknowledgeFinding(stack, 'CloudFormation-Validate::W2509', 'The parameter holds the ARN of a secret, which is none itself.');
  return secretsmanager.Secret.fromSecretCompleteArn(stack, 'ApiKeySecret', arn);
}

function existingSecret(stack: Stack, id: string): secretsmanager.ISecret {
  return id.startsWith('arn:')
    ? secretsmanager.Secret.fromSecretCompleteArn(stack, 'ApiKeySecret', checkedSetting(stack, 'apiKeySecretId', id, SECRET_ARN))
    : secretsmanager.Secret.fromSecretNameV2(stack, 'ApiKeySecret', checkedSetting(stack, 'apiKeySecretId', id, SECRET_ID));
}

function controlPlaneParameter(stack: Stack, { controlPlaneAddress }: ParameterNames): string {
  const description = 'host:port of the control plane.';
  return templateParameter(stack, controlPlaneAddress, HOST_AND_PORT, description, DEFAULT_CONTROL_PLANE_ADDRESS).valueAsString;
}

function proxyRole(stack: Stack, names: ParameterNames, props: RunnerStackProps): ISecretsManagerProxyRole {
  const { proxyRoleArn: roleArn, proxyRoleExternalId: externalId } = props;
  if (roleArn === undefined && externalId === undefined) {
    return proxyRoleIfGiven(stack, names.proxyRoleArn, names.proxyRoleExternalId);
  }
  if (roleArn === undefined || externalId === undefined) {
    const [missing, other] = roleArn === undefined ? ['proxyRoleArn', 'proxyRoleExternalId'] : ['proxyRoleExternalId', 'proxyRoleArn'];
    throw invalidSetting(stack, missing, 'missing', `a value, as ${other} has one`, 'Both stand in the outputs of the proxy role.');
  }
  return SecretsManagerProxyRole.fromSecretsManagerProxyRoleAttributes(stack, 'ProxyRole', { roleArn, externalId });
}

function existingKey(stack: Stack, keyArn: string): kms.IKey {
  return kms.Key.fromKeyArn(stack, 'Key', checkedSetting(stack, 'kmsKeyArn', keyArn, KMS_KEY_ARN));
}
