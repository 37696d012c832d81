import {
  DescribePermissionSetCommand,
  ListAccountsForProvisionedPermissionSetCommand,
  ListManagedPoliciesInPermissionSetCommand,
  ListPermissionSetsCommand,
  type PermissionSet,
} from '@aws-sdk/client-sso-admin';
import type { IdentityCenter } from './identity-center.js';
import { foundOrUndefined } from './principals.js';
import type { Session } from './session.js';

/** Identity Center takes about 20 calls a second of an organization: https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html */
const AT_ONCE = 10;
const PAGE = 100;

/** A permission set, as far as it is of use here. */
export interface PermissionSetFacts {
  readonly arn: string;
  readonly name: string;
  readonly description: string | undefined;
}

/** @returns undefined where it is gone */
export function describePermissionSet(session: Session, center: IdentityCenter, arn: string): Promise<PermissionSetFacts | undefined> {
  return foundOrUndefined(async () => {
    const { PermissionSet: found } = await session
      .ssoAdmin(center.region)
      .send(new DescribePermissionSetCommand({ InstanceArn: center.instance, PermissionSetArn: arn }));
    return found === undefined ? undefined : factsOf(found, arn);
  });
}

/** One page of the permission sets; each has to be asked for its name. */
export async function listPermissionSets(
  session: Session,
  center: IdentityCenter,
  token: string | undefined,
  size = PAGE,
): Promise<{ readonly sets: readonly PermissionSetFacts[]; readonly next: string | undefined }> {
  const { PermissionSets: arns = [], NextToken: next } = await session
    .ssoAdmin(center.region)
    .send(
      new ListPermissionSetsCommand({ InstanceArn: center.instance, MaxResults: size, ...(token !== undefined && { NextToken: token }) }),
    );
  const sets: PermissionSetFacts[] = [];
  for (let from = 0; from < arns.length; from += AT_ONCE) {
    const described = arns.slice(from, from + AT_ONCE).map((arn) => describePermissionSet(session, center, arn));
    for (const set of await Promise.all(described)) if (set !== undefined) sets.push(set);
  }
  return { sets, next };
}

/** Identity Center has no look-up by name: all are asked, until one has it. */
export async function findPermissionSet(session: Session, center: IdentityCenter, name: string): Promise<PermissionSetFacts | undefined> {
  let token: string | undefined;
  do {
    const page = await listPermissionSets(session, center, token);
    const found = page.sets.find((set) => set.name === name);
    if (found !== undefined) return found;
    token = page.next;
  } while (token !== undefined);
  return undefined;
}

/** ARNs of the managed policies in it. */
export async function managedPoliciesIn(session: Session, center: IdentityCenter, arn: string): Promise<readonly string[]> {
  const { AttachedManagedPolicies: policies = [] } = await session
    .ssoAdmin(center.region)
    .send(new ListManagedPoliciesInPermissionSetCommand({ InstanceArn: center.instance, PermissionSetArn: arn, MaxResults: PAGE }));
  return policies.flatMap(({ Arn: policy }) => (policy === undefined ? [] : [policy]));
}

/** One page of the accounts in which it is assigned. */
export async function provisionedAccounts(
  session: Session,
  center: IdentityCenter,
  arn: string,
  token?: string,
): Promise<{ readonly accounts: readonly string[]; readonly next: string | undefined }> {
  const { AccountIds: accounts = [], NextToken: next } = await session.ssoAdmin(center.region).send(
    new ListAccountsForProvisionedPermissionSetCommand({
      InstanceArn: center.instance,
      PermissionSetArn: arn,
      MaxResults: PAGE,
      ...(token !== undefined && { NextToken: token }),
    }),
  );
  return { accounts, next };
}

function factsOf({ PermissionSetArn: arn, Name: name = '', Description: description }: PermissionSet, asked: string): PermissionSetFacts {
  return { arn: arn ?? asked, name, description };
}
