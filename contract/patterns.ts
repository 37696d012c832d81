/**
 * What AWS and Kubernetes accept as a name, an id or an ARN. The same text is a construct's check and the `AllowedPattern` of a
 * template's parameter, so both refuse alike. Written for JavaScript and for CloudFormation (Java) regular expressions.
 */

/**
 * External id of a role.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
export const EXTERNAL_ID_PATTERN = '^[\\w+=,.@:/-]*$';
export const EXTERNAL_ID_MIN_LENGTH = 2;
export const EXTERNAL_ID_MAX_LENGTH = 1224;
/** Texts that stand for an external id in guides. Compared without regard to case; such an id counts as missing. */
export const EXTERNAL_ID_PLACEHOLDERS: readonly string[] = [
  'your-external-id',
  'your_external_id',
  'yourexternalid',
  'external-id',
  'external_id',
  'externalid',
  'changeme',
  'change-me',
];

/**
 * Name of an IAM role, without its path.
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
 */
export const ROLE_NAME_PATTERN = '^[\\w+=,.@-]+$';
export const ROLE_NAME_MAX_LENGTH = 64;

/** ARN of an IAM role in any partition. */
export const ROLE_ARN_PATTERN = '^arn:aws[a-z-]*:iam::\\d{12}:role/[\\w+=,.@/-]+$';

/** One account, role or user that a role may trust: an ARN, or an account's twelve digits. Never a wildcard. */
export const TRUSTED_PRINCIPAL_PATTERN = '^(\\d{12}|arn:aws[a-z-]*:iam::\\d{12}:(root|(role|user)/[\\w+=,.@/-]+))$';

/** ARN of a KMS key (not of an alias: IAM doesn't resolve aliases in `Resource`). */
export const KMS_KEY_ARN_PATTERN = '^arn:aws[a-z-]*:kms:[a-z0-9-]+:\\d{12}:key/[A-Za-z0-9-]+$';

/** ARN of an IAM OpenID Connect provider. */
export const OIDC_PROVIDER_ARN_PATTERN = '^arn:aws[a-z-]*:iam::\\d{12}:oidc-provider/[\\w.:/~-]+$';

/** Issuer of an OpenID Connect provider as IAM's condition keys spell it: without scheme and without a slash at the end. */
export const OIDC_ISSUER_PATTERN = '^[A-Za-z0-9][A-Za-z0-9.-]*(:\\d+)?(/[\\w.~-]+)*$';

/** Audience of the tokens that EKS gives to pods, in every partition. */
export const STS_AUDIENCE = 'sts.amazonaws.com';

/**
 * Name of a Kubernetes namespace: a DNS label.
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
 */
export const DNS_LABEL_PATTERN = '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$';
export const DNS_LABEL_MAX_LENGTH = 63;

/** Name of a Kubernetes service account: a DNS subdomain. */
export const DNS_SUBDOMAIN_PATTERN = '^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$';
export const DNS_SUBDOMAIN_MAX_LENGTH = 253;
