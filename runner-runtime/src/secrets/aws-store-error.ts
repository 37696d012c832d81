import { IAM_ROLE_PLACEHOLDER } from '../../../contract/environment.js';
import type { ProxyRoleSettings } from '../config/settings.js';
import { type ErrorCode, RunnerError } from '../errors.js';

/** How the program that reads a store names its parts and settings in messages. */
export interface StoreReader {
  /** `runner` or `agent`. */
  readonly name: string;
  /** Settings that say where secrets are. */
  readonly placeSettings: string;
  /** What it means that the host has no credentials at the moment. */
  readonly withoutCredentials: ErrorCode;
}

/** The runner itself. */
export const RUNNER_READER: StoreReader = {
  name: 'runner',
  placeSettings: 'AWS_SECRETS_MANAGER_REGION, AWS_SECRETS_MANAGER_ROLE_ARN',
  withoutCredentials: 'SECRET_ACCESS_DENIED',
};

/** Who asked, for what, and through which role. */
export interface StoreCall {
  /** Name or ARN of the secret. */
  readonly name: string;
  readonly reader: StoreReader;
  readonly proxyRole: ProxyRoleSettings | undefined;
}

const DENIED = new Set([
  'AccessDeniedException',
  'AccessDenied',
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'ExpiredTokenException',
  'ExpiredToken',
  'SignatureDoesNotMatch',
  'InvalidSignatureException',
  // STS about a service account's token, and about a role ARN that is none, such as a placeholder.
  'InvalidIdentityToken',
  'IDPRejectedClaim',
  'ValidationError',
]);

/** Error names of Secrets Manager and STS: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html#API_GetSecretValue_Errors */
export function storeError(error: unknown, { name, reader, proxyRole }: StoreCall): RunnerError {
  const kind = error instanceof Error ? error.name : '';
  const object = name;
  if (kind === 'ResourceNotFoundException' && isEmpty(error)) {
    return new RunnerError('SECRET_NOT_FOUND', `The secret ${name} has no value yet.`, {
      object,
      mend: `Fill it in: aws secretsmanager put-secret-value --secret-id ${name} --secret-string file://secret.json`,
    });
  }
  if (kind === 'ResourceNotFoundException') {
    return new RunnerError('SECRET_NOT_FOUND', `The secret ${name} does not exist in the secret store.`, {
      object,
      mend: `Create it under exactly this name in the region and account that the ${reader.name} reads (${reader.placeSettings}).`,
    });
  }
  if (kind === 'DecryptionFailure' || kind === 'KMSAccessDeniedException' || isRefusedByKms(error)) {
    return new RunnerError(
      'SECRET_ACCESS_DENIED',
      `The ${reader.name} cannot access secret manager: the key that encrypts ${name} may not be used.`,
      {
        object,
        mend: "Allow kms:Decrypt on the secret's key to the role that reads it (the option for a KMS key of the role's construct or template).",
      },
    );
  }
  if (DENIED.has(kind)) {
    const through =
      proxyRole === undefined
        ? `the ${reader.name}'s role`
        : `the proxy role ${proxyRole.roleArn} (its external id, its trust policy, its permissions)`;
    return new RunnerError('SECRET_ACCESS_DENIED', `The ${reader.name} cannot access secret manager: reading ${name} is refused.`, {
      object,
      mend: `Check ${through}, and that ${IAM_ROLE_PLACEHOLDER} in the Kubernetes manifest was replaced with the role's ARN.`,
    });
  }
  if (kind === 'CredentialsProviderError') {
    return new RunnerError(reader.withoutCredentials, `The ${reader.name} cannot access secret manager: it has no AWS credentials.`, {
      object,
      mend: `Give the host a role (instance profile, task role, service account); in Kubernetes check that ${IAM_ROLE_PLACEHOLDER} was replaced.`,
    });
  }
  if (kind === 'InvalidRequestException') {
    return new RunnerError('SECRET_NOT_FOUND', `The secret ${name} is marked for deletion.`, {
      object,
      mend: 'Restore it (aws secretsmanager restore-secret), or create it anew.',
    });
  }
  if (kind === 'InvalidParameterException' || kind === 'ValidationException') {
    return new RunnerError('SECRET_NOT_FOUND', `Secrets Manager does not accept ${name} as the name of a secret.`, {
      object,
      mend: 'Check the id or name that it was asked for by.',
    });
  }
  return new RunnerError(
    'SECRET_STORE_UNAVAILABLE',
    `Secrets Manager did not answer for ${name} (${networkCode(error) ?? (kind === '' ? 'unknown error' : kind)}).`,
    {
      object,
      mend: `Check the route to Secrets Manager (VPC endpoint, proxy) and its throttling; the ${reader.name} tries again.`,
    },
  );
}

/** How Secrets Manager says that a secret is there, and a version of it is not. */
function isEmpty(error: unknown): boolean {
  return error instanceof Error && /secret value for staging label/i.test(error.message);
}

/** How Secrets Manager says that the key is out of reach, under the name of any other refusal. */
function isRefusedByKms(error: unknown): boolean {
  return error instanceof Error && error.name === 'AccessDeniedException' && /access to kms is not allowed/i.test(error.message);
}

/** `ECONNREFUSED`, `ENOTFOUND` and the like. */
function networkCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^E[A-Z_]+$/.test(code) ? code : undefined;
}
