import { LOG_LEVELS } from '../contract/environment';
import {
  ALLOWED_ENTRY,
  EXTERNAL_ID,
  HOST_AND_PORT,
  HTTP_PROXY_URL,
  KMS_KEY_ARN,
  KUBERNETES_NAMESPACE,
  type NameRule,
  NO_PROXY_ENTRY,
  OIDC_ISSUER,
  OIDC_PROVIDER_ARN,
  PLATFORM_ID,
  PROXY_ROLE_NAME,
  REGION,
  ROLE_ARN,
  ROLE_NAME,
  SECRET_ID,
  SERVICE_ACCOUNT_NAME,
  TRUSTED_PRINCIPAL,
} from '../contract/name-rules';

/** Where a runner runs; `none`: the app deploys the roles only. */
export const HOSTS = ['ecs', 'ec2', 'eks', 'none'] as const;
export type Host = (typeof HOSTS)[number];

/** What a setting may be, for whom, and what it means. */
export interface Setting {
  /** `file`: the path of a file whose text is the value. `list`: texts, separated by commas where a text stands for them. */
  readonly kind: 'text' | 'list' | 'number' | 'flag' | 'file';
  /** Of a text, or of each text in a list. */
  readonly rule?: NameRule;
  readonly hosts: readonly Host[];
  /** Hosts that can't do without it. */
  readonly requiredBy?: readonly Host[];
  readonly meaning: string;
}

const ON_ANY: readonly Host[] = ['ecs', 'ec2', 'eks'];
const IN_A_VPC: readonly Host[] = ['ecs', 'ec2'];
const WITH_AN_IMAGE: readonly Host[] = ['ecs', 'eks'];

const oneOf = (...values: readonly string[]): NameRule => ({
  pattern: `^(${values.join('|')})$`,
  allowed: values.join(', '),
  fix: 'Choose one of them.',
});
const VPC_ID: NameRule = {
  pattern: '^vpc-[0-9a-f]+$',
  allowed: 'the id of a VPC',
  fix: 'Copy it from what "aws ec2 describe-vpcs" prints.',
};
const TOPIC_ARN: NameRule = {
  pattern: '^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[\\w-]+$',
  allowed: 'the ARN of an SNS topic',
  fix: 'Copy it from what "aws sns list-topics" prints.',
};
const DURATION: NameRule = {
  pattern: '^[1-9][0-9]{0,6}[smhd]$',
  allowed: 'a whole number and one of s, m, h, d',
  fix: 'Write for example 8h.',
};
const IMAGE: NameRule = {
  pattern: '^(asset|published|[0-9]{12}\\.dkr\\.ecr\\.[a-z0-9-]+\\.amazonaws\\.com(\\.cn)?/[a-z0-9._/-]+@sha256:[0-9a-f]{64})$',
  allowed: 'asset, published, or an image in ECR by its digest: <account>.dkr.ecr.<region>.amazonaws.com/<repository>@sha256:<digest>',
  fix: 'A tag may change what runs: copy "imageDigest" from what "aws ecr describe-images" prints.',
};
const INSTANCE_TYPE: NameRule = {
  pattern: '^[a-z0-9-]+\\.[a-z0-9]+$',
  allowed: 'an EC2 instance type',
  fix: 'Write for example t4g.small.',
};
const CLUSTER_NAME: NameRule = {
  pattern: '^[A-Za-z0-9][\\w-]{0,99}$',
  allowed: 'the name of an EKS cluster',
  fix: 'Copy it from what "aws eks list-clusters" prints.',
};

/** All settings of the app by name: the same names in the context, behind a prefix, and in the settings file. */
export const SETTINGS = {
  tenantId: { kind: 'text', rule: PLATFORM_ID, hosts: ON_ANY, requiredBy: ON_ANY, meaning: 'Tenant id.' },
  runnerGroupId: { kind: 'text', rule: PLATFORM_ID, hosts: ON_ANY, requiredBy: ON_ANY, meaning: 'Runner group id.' },
  apiKeySecret: {
    kind: 'text',
    rule: SECRET_ID,
    hosts: ON_ANY,
    requiredBy: ON_ANY,
    meaning: 'Name or ARN of the secret that holds the API key. It must exist.',
  },
  controlPlaneAddress: { kind: 'text', rule: HOST_AND_PORT, hosts: ON_ANY, meaning: 'host:port of the control plane.' },
  secretStoreRegion: { kind: 'text', rule: REGION, hosts: ON_ANY, meaning: 'Region of the integration secrets.' },
  taskVerificationKeyFile: {
    kind: 'file',
    hosts: ON_ANY,
    meaning: 'File with the public key that tasks must be signed with (JWK or JWK set).',
  },
  recipientKeysFile: { kind: 'file', hosts: ON_ANY, meaning: 'File with the keys that credentials may be sealed to (JWK set).' },
  policyFile: { kind: 'file', hosts: ON_ANY, meaning: 'File with Cedar policies that every task must pass.' },
  caCertificatesFile: { kind: 'file', hosts: ON_ANY, meaning: 'PEM file with further CAs that outgoing connections trust.' },
  allowed: { kind: 'list', rule: ALLOWED_ENTRY, hosts: ON_ANY, meaning: 'Systems that tasks may touch, <type>/<id>[:permission] each.' },
  maxAccessDuration: { kind: 'text', rule: DURATION, hosts: ON_ANY, meaning: 'Longest access, such as 8h.' },
  maxConcurrentTasks: { kind: 'number', hosts: ON_ANY, meaning: 'Tasks that one runner works on at once.' },
  logLevel: { kind: 'text', rule: oneOf(...LOG_LEVELS), hosts: ON_ANY, meaning: 'How much the runner logs.' },
  httpsProxy: { kind: 'text', rule: HTTP_PROXY_URL, hosts: ON_ANY, meaning: 'HTTP proxy, http://host:port.' },
  noProxy: { kind: 'list', rule: NO_PROXY_ENTRY, hosts: ON_ANY, meaning: 'Hosts that are reached without the proxy.' },
  ledger: { kind: 'flag', hosts: ON_ANY, meaning: 'Makes the DynamoDB table for systems that have no place for a mark.' },
  removalPolicy: {
    kind: 'text',
    rule: oneOf('retain', 'destroy'),
    hosts: ON_ANY,
    meaning: 'What happens to state key, ledger and logs when the stack is deleted; retain when absent.',
  },
  monitoring: { kind: 'flag', hosts: ON_ANY, meaning: 'Adds dashboard, alarms and saved queries.' },
  alarmTopicArn: { kind: 'text', rule: TOPIC_ARN, hosts: ON_ANY, meaning: 'SNS topic that alarms go to; with monitoring.' },
  vpcId: { kind: 'text', rule: VPC_ID, hosts: IN_A_VPC, meaning: 'VPC with private subnets for the runners; a new one when absent.' },
  image: {
    kind: 'text',
    rule: IMAGE,
    hosts: WITH_AN_IMAGE,
    meaning: 'What runs: asset (built from this repository) when absent, published, or an image in ECR.',
  },
  desiredCount: { kind: 'number', hosts: IN_A_VPC, meaning: 'Number of runners; 2 on ECS, 1 on EC2 when absent.' },
  instanceType: { kind: 'text', rule: INSTANCE_TYPE, hosts: ['ec2'], meaning: 'EC2 instance type.' },
  ssmAccess: { kind: 'flag', hosts: ['ec2'], meaning: 'Allows to open a shell on the instances through Systems Manager.' },
  clusterName: { kind: 'text', rule: CLUSTER_NAME, hosts: ['eks'], requiredBy: ['eks'], meaning: 'Name of the EKS cluster.' },
  kubectlRoleArn: {
    kind: 'text',
    rule: ROLE_ARN,
    hosts: ['eks'],
    requiredBy: ['eks'],
    meaning: 'Role with which the deployment may change the cluster.',
  },
  externalId: { kind: 'text', rule: EXTERNAL_ID, hosts: HOSTS, meaning: 'External id of the proxy role.' },
  trustedPrincipalArn: {
    kind: 'text',
    rule: TRUSTED_PRINCIPAL,
    hosts: ['none'],
    meaning: "The runner's role, or its account: may assume the proxy role.",
  },
  proxyRoleName: { kind: 'text', rule: PROXY_ROLE_NAME, hosts: ['none'], meaning: 'Name of the proxy role, containing Axiom-Security.' },
  kmsKeyArn: { kind: 'text', rule: KMS_KEY_ARN, hosts: HOSTS, meaning: 'Key that the integration secrets are encrypted with.' },
  kubernetesNamespace: { kind: 'text', rule: KUBERNETES_NAMESPACE, hosts: ['eks', 'none'], meaning: 'Namespace of the runner.' },
  serviceAccountName: { kind: 'text', rule: SERVICE_ACCOUNT_NAME, hosts: ['none'], meaning: "Service account of the runner's pods." },
  runnerRoleName: { kind: 'text', rule: ROLE_NAME, hosts: ['none'], meaning: "Name of the runner's role." },
  oidcProviderUrl: { kind: 'text', rule: OIDC_ISSUER, hosts: ['none'], meaning: "Issuer of the cluster's tokens." },
  oidcProviderArn: {
    kind: 'text',
    rule: OIDC_PROVIDER_ARN,
    hosts: ['eks', 'none'],
    requiredBy: ['eks'],
    meaning: "ARN of the cluster's OIDC provider.",
  },
  proxyRoleArn: { kind: 'text', rule: ROLE_ARN, hosts: HOSTS, meaning: 'The one proxy role that the runner may assume.' },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;

/** The same table, when the name of a setting is only known at run time. */
export function settingNamed(name: string): Setting | undefined {
  return Object.hasOwn(SETTINGS, name) ? SETTINGS[name as SettingName] : undefined;
}
