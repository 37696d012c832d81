import { DescribeSecretCommand, GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { NetworkSettings, ProxyRoleSettings } from '../config/settings.js';
import { RunnerError } from '../errors.js';
import { httpsAgent } from '../operations/network.js';
import { RUNNER_READER, type StoreReader, storeError } from './aws-store-error.js';
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
  /** Who reads, for messages. @default the runner */
  readonly reader?: StoreReader;
}

/** One version of a secret. */
export interface VersionedSecret {
  readonly text: string;
  /** `VersionId` of Secrets Manager. */
  readonly version: string;
}

/** What Secrets Manager says of a secret without showing it. */
export interface SecretDescription {
  /** `VersionId` of the current version; absent for a secret without a value. */
  readonly version: string | undefined;
  /** Latest moment of the next rotation, unix milliseconds; absent where rotation is off. */
  readonly nextRotationAt: number | undefined;
}

/** What AWS keeps beyond the text of a secret. */
export interface AwsSecretStore extends SecretStore {
  /**
   * Reads the current version. Every call is a request of its own.
   * @throws {RunnerError} as {@link SecretStore.read} does; the signal's reason once it is aborted
   */
  readVersioned(name: string, signal: AbortSignal): Promise<VersionedSecret>;
  /** Needs `secretsmanager:DescribeSecret`. @throws {RunnerError} as {@link SecretStore.read} does; the signal's reason once it is aborted */
  describe(name: string, signal: AbortSignal): Promise<SecretDescription>;
  /** Closes the connections. */
  close(): void;
}

/** Settings of an AWS client: region, route, and the proxy role's credentials where there is one. */
export function awsClientSettings({ region, proxyRole, network, sessionName }: Omit<AwsSecretsManagerOptions, 'reader'>) {
  const requestHandler = new NodeHttpHandler({ httpsAgent: httpsAgent(network), connectionTimeout: 5_000, requestTimeout: 15_000 });
  const location = region === undefined ? {} : { region };
  return {
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
  };
}

/** AWS Secrets Manager through the official SDK, its retries and credential chain. */
export function awsSecretsManager(options: AwsSecretsManagerOptions): AwsSecretStore {
  const { proxyRole, reader = RUNNER_READER } = options;
  const client = new SecretsManagerClient(awsClientSettings(options));

  const asked = async <T>(name: string, signal: AbortSignal | undefined, call: () => Promise<T>): Promise<T> => {
    try {
      return await call();
    } catch (error) {
      signal?.throwIfAborted();
      throw storeError(error, { name, reader, proxyRole });
    }
  };
  const fetchVersion = async (name: string, { stage, signal }: { stage?: string; signal?: AbortSignal } = {}): Promise<VersionedSecret> => {
    const command = new GetSecretValueCommand({ SecretId: name, ...(stage === undefined ? {} : { VersionStage: stage }) });
    const { SecretString, VersionId = '' } = await asked(name, signal, () =>
      client.send(command, signal === undefined ? {} : { abortSignal: signal }),
    );
    if (SecretString !== undefined) return { text: SecretString, version: VersionId };
    throw new RunnerError('SECRET_MALFORMED', `The secret ${name} is binary.`, {
      object: name,
      mend: 'Store it as text: a JSON object of strings.',
    });
  };
  const read = singleFlight(async (name) => (await fetchVersion(name)).text);
  return {
    engine: 'aws-secrets-manager',
    read: async (name): Promise<SecretText> => ({ current: await read(name) }),
    readWithPrevious: async (name): Promise<SecretText> => ({
      current: await read(name),
      previous: await previousVersion(async () => (await fetchVersion(name, { stage: 'AWSPREVIOUS' })).text),
    }),
    readVersioned: (name, signal) => fetchVersion(name, { signal }),
    describe: async (name, signal) => {
      const { VersionIdsToStages, RotationEnabled, NextRotationDate } = await asked(name, signal, () =>
        client.send(new DescribeSecretCommand({ SecretId: name }), { abortSignal: signal }),
      );
      const [version] = Object.entries(VersionIdsToStages ?? {}).find(([, stages]) => stages.includes('AWSCURRENT')) ?? [];
      return { version, nextRotationAt: RotationEnabled === true ? NextRotationDate?.getTime() : undefined };
    },
    close: () => client.destroy(),
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
