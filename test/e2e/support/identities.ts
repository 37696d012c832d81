import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { fromTemporaryCredentials, fromWebToken } from '@aws-sdk/credential-providers';
import type { AwsEmulator } from '@axiom-runner/local-servers';
import type { Account } from './cdk.js';

type Credentials = ReturnType<typeof fromWebToken>;

/** Claims of a service account's token that a trust policy looks at. */
export interface TokenClaims {
  readonly issuer: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly audience: string;
}

/** The proxy role as a runner's settings name it. */
export interface ProxyRole {
  readonly roleArn: string;
  readonly externalId?: string;
}

const regionOf = (emulator: AwsEmulator) => emulator.environment['AWS_REGION'] as string;
const clientConfig = (emulator: AwsEmulator) => ({ endpoint: emulator.endpoint, region: regionOf(emulator), maxAttempts: 1 });

/** The root of an account: what an administrator has. */
export function rootOf({ id, emulator }: Account): Credentials {
  return async () => ({ accessKeyId: id, secretAccessKey: emulator.environment['AWS_SECRET_ACCESS_KEY'] as string });
}

/** What a pod gets for its projected token. The emulator checks a token's claims, not its signature. */
export function podIdentity(emulator: AwsEmulator, roleArn: string, claims: TokenClaims): Credentials {
  return fromWebToken({ roleArn, webIdentityToken: projectedToken(claims), clientConfig: clientConfig(emulator) });
}

/** What a runner gets that assumes its proxy role. */
export function throughProxyRole(emulator: AwsEmulator, credentials: Credentials, { roleArn, externalId }: ProxyRole): Credentials {
  return fromTemporaryCredentials({
    masterCredentials: credentials,
    params: { RoleArn: roleArn, RoleSessionName: 'runner', ...(externalId === undefined ? {} : { ExternalId: externalId }) },
    clientConfig: clientConfig(emulator),
  });
}

/** Secrets Manager as somebody sees it. */
export function secretsManagerOf(emulator: AwsEmulator, credentials: Credentials): SecretsManagerClient {
  return new SecretsManagerClient({ ...clientConfig(emulator), credentials });
}

/**
 * A token as the API server of a Kubernetes cluster writes it into a pod, with a signature that nobody checks.
 * A cluster writes a list of one audience, which AWS takes like the audience; the emulator doesn't.
 */
export function projectedToken({ issuer, namespace, serviceAccount, audience }: TokenClaims): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iss: `https://${issuer}`, sub: `system:serviceaccount:${namespace}:${serviceAccount}`, aud: audience };
  return `${part({ alg: 'RS256', kid: 'test' })}.${part(claims)}.c2lnbmF0dXJl`;
}
