/**
 * What AWS and Kubernetes accept as a name, an id or an ARN. One rule is the check of a construct, of an app's setting and of a
 * template's parameter, so all refuse alike and with the same words.
 */

import { PROXY_ROLE_NAME_PART, PROXY_ROLE_TEMPLATE } from './cloudformation';
import { DEFAULT_CONTROL_PLANE_ADDRESS, ENVIRONMENT_PLACEHOLDERS } from './environment';

/** What a value may be, and what to do when it is something else. */
export interface NameRule {
  /** Regular expression for JavaScript and for CloudFormation's `AllowedPattern` (Java). */
  readonly pattern: string;
  /** Fewest characters. */
  readonly minLength?: number;
  /** Most characters. */
  readonly maxLength?: number;
  /** Texts that stand for a value in guides, compared without regard to case: such a value counts as missing. */
  readonly placeholders?: readonly string[];
  /** The allowed values: completes "Allowed: …". */
  readonly allowed: string;
  /** What to do, as a sentence. */
  readonly fix: string;
}

/** External id of a role. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export const EXTERNAL_ID: NameRule = {
  pattern: '^[\\w+=,.@:/-]*$',
  minLength: 2,
  maxLength: 1224,
  placeholders: ['your-external-id', 'your_external_id', 'external-id', 'external_id', 'externalid', 'changeme', 'change-me'],
  allowed: '2 to 1224 letters, digits and _+=,.@:/-',
  fix: 'Make up one that nobody else uses, for example with "openssl rand -hex 16", and give the same to the runner.',
};

/** One role, user or account that a role may trust. Never a wildcard. */
export const TRUSTED_PRINCIPAL: NameRule = {
  pattern: '^([0-9]{12}|arn:aws[a-z-]*:iam::[0-9]{12}:(root|(role|user)/[\\w+=,.@/-]+))$',
  allowed: 'the ARN of one role, user or account, or the 12 digits of one account; no wildcard',
  fix: "Pass the ARN of the runner's role, for example arn:aws:iam::111122223333:role/axiomrunner-role.",
};

/** Name of an IAM role, without its path. https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
export const ROLE_NAME: NameRule = {
  pattern: '^[\\w+=,.@-]+$',
  maxLength: 64,
  allowed: '1 to 64 letters, digits and _+=,.@-',
  fix: 'Shorten the name or change those characters.',
};

/** Name of a proxy role. */
export const PROXY_ROLE_NAME: NameRule = {
  pattern: PROXY_ROLE_TEMPLATE.roleNamePattern,
  maxLength: 64,
  allowed: `1 to 64 letters, digits and _+=,.@- that contain ${PROXY_ROLE_NAME_PART}`,
  fix: `Runners may assume no other role: add ${PROXY_ROLE_NAME_PART}, as in ${PROXY_ROLE_TEMPLATE.defaultRoleName}.`,
};

/** ARN of an IAM role in any partition. */
export const ROLE_ARN: NameRule = {
  pattern: '^arn:aws[a-z-]*:iam::[0-9]{12}:role/[\\w+=,.@/-]+$',
  allowed: 'the ARN of one role, arn:<partition>:iam::<account>:role/<name>; no wildcard',
  fix: "Copy it from the outputs of the role's stack.",
};

/** ARN of a KMS key. IAM doesn't resolve aliases in the resources of a policy. */
export const KMS_KEY_ARN: NameRule = {
  pattern: '^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$',
  allowed: 'the ARN of one key, arn:<partition>:kms:<region>:<account>:key/<id>; no alias',
  fix: 'Copy "KeyMetadata.Arn" from what "aws kms describe-key --key-id alias/<name>" prints.',
};

/** ARN of an IAM OpenID Connect provider. */
export const OIDC_PROVIDER_ARN: NameRule = {
  pattern: '^arn:aws[a-z-]*:iam::[0-9]{12}:oidc-provider/[\\w.:/~-]+$',
  allowed: 'the ARN of an OIDC provider, arn:<partition>:iam::<account>:oidc-provider/<issuer>',
  fix: 'Copy it from what "aws iam list-open-id-connect-providers" prints.',
};

/** Issuer of an OpenID Connect provider as IAM's condition keys spell it. */
export const OIDC_ISSUER: NameRule = {
  pattern: '^[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]+)?(/[\\w.~-]+)*$',
  allowed:
    'the URL without https:// and without a slash at the end, such as oidc.eks.us-west-2.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE',
  fix: 'Remove https:// and a slash at the end from what "aws eks describe-cluster --query cluster.identity.oidc.issuer" prints.',
};

/** Name of one namespace: a DNS label. https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
export const KUBERNETES_NAMESPACE: NameRule = {
  pattern: '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$',
  maxLength: 63,
  allowed: '1 to 63 small letters, digits and hyphens, no hyphen at either end; no wildcard',
  fix: 'Name exactly one namespace: a pattern would let other pods of the cluster take the role.',
};

/** Name of one service account: a DNS subdomain. */
export const SERVICE_ACCOUNT_NAME: NameRule = {
  pattern: '^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$',
  maxLength: 253,
  allowed: '1 to 253 small letters, digits, hyphens and dots, a letter or digit at either end; no wildcard',
  fix: 'Name exactly one service account: a pattern would let other pods of the cluster take the role.',
};

/** Id of a tenant or of a runner group, as the platform shows it. */
export const PLATFORM_ID: NameRule = {
  pattern: '^[^\\s/]+$',
  maxLength: 255,
  placeholders: ENVIRONMENT_PLACEHOLDERS.map((text) => text.toLowerCase()),
  allowed: '1 to 255 characters without blank and slash',
  fix: 'Copy the id as the platform shows it behind the key icon of the runner group.',
};

const HOST = '(\\[[0-9a-fA-F:.]+\\]|[A-Za-z0-9._-]+)';
const PORT = '(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3})';

/** Host and port of a server. */
export const HOST_AND_PORT: NameRule = {
  pattern: `^${HOST}:${PORT}$`,
  maxLength: 300,
  allowed: 'host:port, the port from 1 to 65535',
  fix: `Write it without https://, for example ${DEFAULT_CONTROL_PLANE_ADDRESS}.`,
};

/** Name of a Temporal namespace, task queue or activity. */
export const TEMPORAL_NAME: NameRule = {
  pattern: '^[^\\s]+$',
  maxLength: 255,
  allowed: '1 to 255 characters without blank',
  fix: 'Copy the name as the control plane has it.',
};

/** Name of an AWS region. */
export const REGION: NameRule = {
  pattern: '^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}$',
  allowed: 'the name of one region, such as eu-central-1',
  fix: 'Write the name that "aws configure get region" prints.',
};

/** URL of an HTTP proxy. */
export const HTTP_PROXY_URL: NameRule = {
  pattern: `^http://${HOST}(:${PORT})?/?$`,
  allowed: 'http://host:port, without user and password, which would stand in the template',
  fix: 'Write http://host:port; let the proxy know the runner by its network.',
};

/** One entry of the list of hosts that are reached without the proxy. */
export const NO_PROXY_ENTRY: NameRule = {
  pattern: '^[A-Za-z0-9._*:/\\[\\]-]+$',
  maxLength: 300,
  allowed: 'a host, a domain such as .example.com, or a network such as 10.0.0.0/8',
  fix: 'Write one entry for each host.',
};

/** Name or ARN of a secret. https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html */
export const SECRET_ID: NameRule = {
  pattern: '^[\\w/+=.@:-]+$',
  maxLength: 600,
  allowed: 'the name or the ARN of a secret',
  fix: 'Copy it from what "aws secretsmanager list-secrets" prints.',
};

/** Name of a DynamoDB table. https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html */
export const TABLE_NAME: NameRule = {
  pattern: '^[A-Za-z0-9_.-]+$',
  minLength: 3,
  maxLength: 255,
  allowed: '3 to 255 letters, digits and _.-',
  fix: 'Copy it from what "aws dynamodb list-tables" prints.',
};

/** One entry of the list of what tasks may touch. */
export const ALLOWED_ENTRY: NameRule = {
  pattern: '^[a-z0-9]+/[^\\s,/:][^\\s,:]*(:[0-9]+)?(:[^,\\s]([^,]*[^,\\s])?)?$',
  allowed: '<type>/<id> or <type>/<id>:<permission>, without comma, and without blank in the id',
  fix: 'Write for example postgresql/db.example.com or postgresql/db.example.com:Read.',
};

/** Name of an environment variable. */
export const VARIABLE_NAME: NameRule = {
  pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
  allowed: 'letters, digits and underscores, no digit first',
  fix: 'Correct the name of the variable.',
};

/** Reference of a container image. */
export const IMAGE_REFERENCE: NameRule = {
  pattern: '^[A-Za-z0-9][A-Za-z0-9._:/@-]*$',
  maxLength: 1000,
  allowed: 'the reference of a container image',
  fix: 'Write for example registry.example.com/name@sha256:….',
};

/** Digest of a container image. */
export const IMAGE_DIGEST: NameRule = {
  pattern: '^sha256:[0-9a-f]{64}$',
  allowed: 'sha256: and 64 hexadecimal digits',
  fix: 'Copy "imageDigest" from what "aws ecr describe-images" prints: a tag may change what runs.',
};
