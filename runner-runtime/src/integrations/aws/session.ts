import { createHash } from 'node:crypto';
import { IAMClient } from '@aws-sdk/client-iam';
import { IdentitystoreClient } from '@aws-sdk/client-identitystore';
import { OrganizationsClient } from '@aws-sdk/client-organizations';
import { SSOAdminClient } from '@aws-sdk/client-sso-admin';
import { AssumeRoleCommand, type Credentials, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { RunnerError } from '../../errors.js';
import type { SystemAccess } from '../integration.js';
import type { Service } from './refusals.js';
import { regionsOf } from './regions.js';
import type { AwsSecret } from './secret.js';
import { sdkTransport } from './transport.js';

export type Access = SystemAccess<AwsSecret>;

/** Sessions of an assumed role end after an hour, unless the role says otherwise. */
const RENEWED_AFTER_MS = 50 * 60_000;

/** AWS as the role of the secret sees it. */
export interface Session {
  /** The account of the role: 12 digits. */
  readonly account: string;
  readonly sts: STSClient;
  readonly iam: IAMClient;
  readonly organizations: OrganizationsClient;
  ssoAdmin(region: string): SSOAdminClient;
  identityStore(region: string): IdentitystoreClient;
}

const open = new WeakMap<Access, { readonly since: number; readonly session: Promise<Session> }>();

/**
 * The session of one piece of work: the role is assumed once.
 * @throws {RunnerError} `TARGET_AUTH_FAILED` where the runner may not assume it
 */
export function openSession(access: Access): Promise<Session> {
  const known = open.get(access);
  if (known !== undefined && access.now() - known.since < RENEWED_AFTER_MS) return known.session;
  const session = assume(access).then((credentials) => createSession(access, credentials));
  open.set(access, { since: access.now(), session });
  session.catch(() => open.delete(access));
  return session;
}

/** ARN of what the runner itself is, before it takes on the role. */
export async function runnerIdentity(access: Access): Promise<string> {
  return (await runnerSts(access).send(new GetCallerIdentityCommand({}))).Arn ?? '';
}

async function assume(access: Access): Promise<Credentials> {
  const { roleArn, externalId } = access.secret;
  try {
    const { Credentials: credentials } = await runnerSts(access).send(
      new AssumeRoleCommand({ RoleArn: roleArn, ExternalId: externalId, RoleSessionName: sessionName(access) }),
    );
    if (credentials !== undefined) return credentials;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'CredentialsProviderError') throw error;
    throw new RunnerError('TARGET_AUTH_FAILED', 'The runner has no AWS credentials of its own.', {
      object: roleArn,
      mend: 'Give the host a role: instance profile, task role, or service account.',
    });
  }
  throw new RunnerError('TARGET_UNREACHABLE', 'STS answered without credentials.', { object: roleArn });
}

/** STS with the credentials of the host, as the SDK finds them. */
function runnerSts(access: Access): STSClient {
  return new STSClient(common(access, 'sts', homeRegion(access.secret)));
}

function createSession(access: Access, issued: Credentials): Session {
  const credentials = {
    accessKeyId: issued.AccessKeyId ?? '',
    secretAccessKey: issued.SecretAccessKey ?? '',
    ...(issued.SessionToken !== undefined && { sessionToken: issued.SessionToken }),
  };
  const config = (service: Service, region: string) => ({ ...common(access, service, region), credentials });
  const home = homeRegion(access.secret);
  return {
    account: access.secret.account,
    sts: new STSClient(config('sts', home)),
    iam: new IAMClient(config('iam', home)),
    organizations: new OrganizationsClient(config('organizations', home)),
    ssoAdmin: (region) => new SSOAdminClient(config('sso', region)),
    identityStore: (region) => new IdentitystoreClient(config('identitystore', region)),
  };
}

function common(access: Access, service: Service, region: string) {
  const { endpoint } = access.secret;
  // The transport repeats what may be repeated; the SDK would do it without passing the gate.
  return { region, maxAttempts: 1, requestHandler: sdkTransport(access, service), ...(endpoint !== undefined && { endpoint }) };
}

function homeRegion({ region, partition }: AwsSecret): string {
  return region ?? regionsOf(partition)[0] ?? 'us-east-1';
}

/** For CloudTrail: stable for the system, and says nothing of the tenant. */
function sessionName({ system }: Access): string {
  return `axiom-runner-${createHash('sha256').update(system.id).digest('hex').slice(0, 12)}`;
}
