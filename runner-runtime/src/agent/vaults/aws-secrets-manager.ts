import { LRUCache } from 'lru-cache';
import type { NetworkSettings, ProxyRoleSettings } from '../../config/settings.js';
import { RunnerError } from '../../errors.js';
import type { Logger } from '../../operations/logger.js';
import { awsClientSettings, awsSecretsManager, type SecretDescription } from '../../secrets/aws-secrets-manager.js';
import type { StoreReader } from '../../secrets/aws-store-error.js';
import type { AwsVaultSettings } from '../config/agent-settings.js';
import { boundedSignal } from './bounded-signal.js';
import { mapSecret } from './secret-mapping.js';
import type { Vault, VaultRequest } from './vault.js';

/** What the vault is opened with. */
export interface AwsVaultOptions {
  readonly settings: AwsVaultSettings;
  readonly network: NetworkSettings;
  /** Name of the assumed session, for CloudTrail; what AWS does not take in it becomes `-`. */
  readonly sessionName: string;
  /** Longest time of one call with its repetitions, ms. */
  readonly timeoutMs: number;
  readonly log: Logger;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** What cannot be said within this time is left unsaid: a secret does not wait for the date of its rotation. */
const DESCRIBE_TIMEOUT_MS = 3_000;
/** A host that has lost its credentials for a moment has heard no "no" of the vault. */
const READER: StoreReader = {
  name: 'agent',
  placeSettings: 'vault.region, vault.role_arn',
  withoutCredentials: 'SECRET_STORE_UNAVAILABLE',
};

/**
 * A secret that the role may not describe is not asked about again for a while: each refusal stands in CloudTrail. Of others that says nothing, and
 * an application can ask for what the role may not read at all.
 */
const DESCRIBE_PAUSE_MS = 900_000;
const MOST_PAUSES = 10_000;
const MAY_NOT_DESCRIBE =
  'The role may not describe secrets, so expires_at tells of no rotation. Allow secretsmanager:DescribeSecret, or set vault.describe: false.';

/** Secrets of AWS Secrets Manager, by the runner's own store. */
export function awsVault({ settings, network, sessionName, timeoutMs, log, now }: AwsVaultOptions): Vault {
  const access = {
    region: settings.region,
    proxyRole: proxyRoleOf(settings),
    network,
    sessionName: sessionName.replace(/[^\w+=,.@-]/g, '-').slice(0, 64),
  };
  const store = awsSecretsManager({ ...access, reader: READER });
  const nameOf = ({ id, settings: secret }: VaultRequest) => secret?.name ?? settings.prefix + id;
  const describeAgainAt = new LRUCache<string, number>({ max: MOST_PAUSES });
  let isWarned = false;

  const describe = async (name: string, signal: AbortSignal): Promise<SecretDescription | undefined> => {
    if (!settings.describe || now() < (describeAgainAt.get(name) ?? 0)) return undefined;
    try {
      return await store.describe(name, signal);
    } catch (error) {
      if (!(error instanceof RunnerError) || error.code !== 'SECRET_ACCESS_DENIED') throw error;
      if (!isWarned) log.warn(MAY_NOT_DESCRIBE, { secret: name });
      isWarned = true;
      describeAgainAt.set(name, now() + DESCRIBE_PAUSE_MS);
      return undefined;
    }
  };
  /** The date lies in the past where a rotation failed; then it says nothing of the value: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html */
  const nextRotation = async (name: string, signal: AbortSignal): Promise<number | undefined> => {
    const described = await describe(name, boundedSignal(signal, DESCRIBE_TIMEOUT_MS)).catch(() => undefined);
    const at = described?.nextRotationAt;
    return at !== undefined && at > now() ? at : undefined;
  };

  return {
    name: 'aws-secrets-manager',
    perApplication: false,
    fetch: async (request) => {
      const name = nameOf(request);
      const signal = boundedSignal(request.signal, timeoutMs);
      const [read, nextRotationAt] = await Promise.all([
        inTime(request.signal, name, () => store.readVersioned(name, signal)),
        nextRotation(name, signal),
      ]);
      const mapped = mapSecret(read.text, request.settings, name);
      const ends = [mapped.expiresAt, nextRotationAt].filter((end) => end !== undefined);
      return { ...mapped, version: read.version, ...(ends.length === 0 ? {} : { expiresAt: Math.min(...ends) }) };
    },
    ...(settings.describe && {
      versionOf: async (request: VaultRequest) => {
        const name = nameOf(request);
        const signal = boundedSignal(request.signal, timeoutMs);
        return inTime(
          request.signal,
          name,
          async () => (await describe(name, signal))?.version ?? (await store.readVersioned(name, signal)).version,
        );
      },
    }),
    test: async (signal) => inTime(signal, 'sts:GetCallerIdentity', () => whoAmI(access, boundedSignal(signal, timeoutMs))),
    close: async () => store.close(),
  };
}

/** The whole time of a call is over, or the caller gave up: only the first is a fault of the store. */
async function inTime<T>(caller: AbortSignal, object: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    caller.throwIfAborted();
    if (error instanceof RunnerError) throw error;
    throw new RunnerError('SECRET_STORE_UNAVAILABLE', 'AWS did not answer in time.', {
      object,
      mend: 'Check the route to Secrets Manager (VPC endpoint, proxy) and its throttling.',
    });
  }
}

function proxyRoleOf({ role_arn: roleArn, external_id: externalId }: AwsVaultSettings): ProxyRoleSettings | undefined {
  return roleArn === undefined || externalId === undefined ? undefined : { roleArn, externalId };
}

/** Needs no right: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
async function whoAmI(access: Parameters<typeof awsClientSettings>[0], signal: AbortSignal): Promise<string> {
  const { GetCallerIdentityCommand, STSClient } = await import('@aws-sdk/client-sts');
  const client = new STSClient(awsClientSettings(access));
  try {
    const { Arn } = await client.send(new GetCallerIdentityCommand({}), { abortSignal: signal });
    return `${Arn ?? 'unknown'} in ${await client.config.region()}`;
  } catch (error) {
    signal.throwIfAborted();
    throw signInError(error, access.proxyRole);
  } finally {
    client.destroy();
  }
}

/** A refusal by STS has a status of its own; what has none did not arrive. */
function signInError(error: unknown, proxyRole: ProxyRoleSettings | undefined): RunnerError {
  const { name = '', $metadata } = error as { readonly name?: string; readonly $metadata?: { readonly httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode ?? 0;
  if (name === 'CredentialsProviderError' || (status >= 400 && status < 500 && status !== 429 && !/Throttl/.test(name))) {
    return new RunnerError('SECRET_ACCESS_DENIED', `AWS does not accept the agent's credentials (${name}).`, {
      object: proxyRole?.roleArn,
      mend:
        proxyRole === undefined
          ? 'Give the host a role: instance profile, task role, service account.'
          : 'Check vault.role_arn, vault.external_id, and the trust policy of the role.',
    });
  }
  return new RunnerError('SECRET_STORE_UNAVAILABLE', `AWS did not answer (${name === '' ? 'unknown error' : name}).`, {
    object: 'sts:GetCallerIdentity',
    mend: 'Check the route to AWS (VPC endpoint of STS, proxy), and vault.region or AWS_REGION.',
  });
}
