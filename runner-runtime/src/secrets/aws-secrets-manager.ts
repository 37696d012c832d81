import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { IAM_ROLE_PLACEHOLDER } from '../../../contract/environment.js';
import type { NetworkSettings, ProxyRoleSettings } from '../config/settings.js';
import { RunnerError } from '../errors.js';
import { httpsAgent } from '../operations/network.js';
import { type SecretStore, type SecretText, singleFlight } from './secret-store.js';

/** How the AWS store is opened. */
export interface AwsSecretsManagerOptions {
  /** @default the runner's own region, as the SDK finds it */
  readonly region?: string | undefined;
  /** Role to assume first. @default the runner's own credentials */
  readonly proxyRole?: ProxyRoleSettings | undefined;
  readonly network: NetworkSettings;
  /** Name of the assumed session, for CloudTrail. */
  readonly sessionName: string;
}

/** AWS Secrets Manager through the official SDK, its retries and credential chain. */
export function awsSecretsManager({ region, proxyRole, network, sessionName }: AwsSecretsManagerOptions): SecretStore {
  const requestHandler = new NodeHttpHandler({ httpsAgent: httpsAgent(network), connectionTimeout: 5_000, requestTimeout: 15_000 });
  const location = region === undefined ? {} : { region };
  const client = new SecretsManagerClient({
    ...location,
    requestHandler,
    maxAttempts: 5,
    ...(proxyRole === undefined
      ? {}
      : {
          credentials: fromTemporaryCredentials({
            params: { RoleArn: proxyRole.roleArn, ExternalId: proxyRole.externalId, RoleSessionName: sessionName },
            clientConfig: { ...location, requestHandler },
          }),
        }),
  });

  const fetchVersion = async (name: string, stage?: string): Promise<string> => {
    try {
      const { SecretString } = await client.send(
        new GetSecretValueCommand({ SecretId: name, ...(stage === undefined ? {} : { VersionStage: stage }) }),
      );
      if (SecretString !== undefined) return SecretString;
    } catch (error) {
      throw storeError(error, name, proxyRole);
    }
    throw new RunnerError('SECRET_MALFORMED', `The secret ${name} is binary.`, {
      object: name,
      mend: 'Store it as text: a JSON object of strings.',
    });
  };
  const read = singleFlight((name) => fetchVersion(name));
  return {
    engine: 'aws-secrets-manager',
    read: async (name): Promise<SecretText> => ({ current: await read(name) }),
    readWithPrevious: async (name): Promise<SecretText> => ({
      current: await read(name),
      previous: await previousVersion(() => fetchVersion(name, 'AWSPREVIOUS')),
    }),
  };
}

/** A secret that was never rotated has no previous version; one that was binary before is of no use. */
async function previousVersion(fetch: () => Promise<string>): Promise<string | undefined> {
  try {
    return await fetch();
  } catch (error) {
    if (error instanceof RunnerError && (error.code === 'SECRET_NOT_FOUND' || error.code === 'SECRET_MALFORMED')) return undefined;
    throw error;
  }
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
function storeError(error: unknown, name: string, proxyRole: ProxyRoleSettings | undefined): RunnerError {
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
      mend: 'Create it under exactly this name in the region and account that the runner reads (AWS_SECRETS_MANAGER_REGION, AWS_SECRETS_MANAGER_ROLE_ARN).',
    });
  }
  if (kind === 'DecryptionFailure' || kind === 'KMSAccessDeniedException' || isRefusedByKms(error)) {
    return new RunnerError(
      'SECRET_ACCESS_DENIED',
      `The runner cannot access secret manager: the key that encrypts ${name} may not be used.`,
      {
        object,
        mend: "Allow kms:Decrypt on the secret's key to the role that reads it (the option for a KMS key of the role's construct or template).",
      },
    );
  }
  if (DENIED.has(kind)) {
    const through =
      proxyRole === undefined
        ? "the runner's role"
        : `the proxy role ${proxyRole.roleArn} (its external id, its trust policy, its permissions)`;
    return new RunnerError('SECRET_ACCESS_DENIED', `The runner cannot access secret manager: reading ${name} is refused.`, {
      object,
      mend: `Check ${through}, and that ${IAM_ROLE_PLACEHOLDER} in the Kubernetes manifest was replaced with the role's ARN.`,
    });
  }
  if (kind === 'CredentialsProviderError') {
    return new RunnerError('SECRET_ACCESS_DENIED', 'The runner cannot access secret manager: it has no AWS credentials.', {
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
      mend: 'Check the id of the system.',
    });
  }
  return new RunnerError(
    'SECRET_STORE_UNAVAILABLE',
    `Secrets Manager did not answer for ${name} (${networkCode(error) ?? (kind === '' ? 'unknown error' : kind)}).`,
    {
      object,
      mend: 'Check the route to Secrets Manager (VPC endpoint, proxy) and its throttling; the runner tries again.',
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
