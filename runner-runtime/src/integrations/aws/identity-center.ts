import { type InstanceMetadata, ListInstancesCommand } from '@aws-sdk/client-sso-admin';
import { RunnerError } from '../../errors.js';
import { regionsOf } from './regions.js';
import type { Access, Session } from './session.js';

/** An instance of IAM Identity Center. */
export interface IdentityCenter {
  readonly region: string;
  /** ARN of the instance. */
  readonly instance: string;
  /** Id of its identity store. */
  readonly store: string;
}

/**
 * Looks for the instance: in the region of the secret, else in every region that all accounts have.
 * @throws {RunnerError} `TARGET_PERMISSION_DENIED` where no region may be looked into
 */
export async function findIdentityCenter({ secret }: Access, session: Session): Promise<IdentityCenter | undefined> {
  const regions = secret.region === undefined ? regionsOf(secret.partition) : [secret.region];
  const found = await Promise.allSettled(regions.map((region) => instanceIn(session, region)));
  const instance = found.flatMap((answer) => (answer.status === 'fulfilled' && answer.value !== undefined ? [answer.value] : []))[0];
  if (instance !== undefined) return instance;
  const failures = found.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []));
  // Service control policies often deny whole regions: that says nothing of the others.
  const failure = failures.find((error) => !isDenied(error)) ?? (failures.length === regions.length ? failures[0] : undefined);
  if (failure !== undefined) throw failure;
  return undefined;
}

/** @throws {RunnerError} `UNSUPPORTED` where there is none */
export async function requireIdentityCenter(access: Access, session: Session): Promise<IdentityCenter> {
  const center = await findIdentityCenter(access, session);
  if (center !== undefined) return center;
  throw new RunnerError('UNSUPPORTED', 'There is no IAM Identity Center here.', {
    object: session.account,
    mend: 'Use the role of the management account, or of the account that administers IAM Identity Center; set aws_region of the secret.',
  });
}

/** An instance that is being made or deleted, or lacks an identity store, is none. */
async function instanceIn(session: Session, region: string): Promise<IdentityCenter | undefined> {
  const { Instances: instances = [] } = await session.ssoAdmin(region).send(new ListInstancesCommand({ MaxResults: 100 }));
  const active = instances.find((entry: InstanceMetadata) => entry.Status === undefined || entry.Status === 'ACTIVE');
  if (active?.InstanceArn === undefined || active.IdentityStoreId === undefined) return undefined;
  return { region, instance: active.InstanceArn, store: active.IdentityStoreId };
}

function isDenied(error: unknown): boolean {
  return error instanceof RunnerError && error.code === 'TARGET_PERMISSION_DENIED';
}
