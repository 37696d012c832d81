import { setTimeout as pause } from 'node:timers/promises';
import {
  type AccountAssignmentOperationStatus,
  CreateAccountAssignmentCommand,
  DeleteAccountAssignmentCommand,
  DescribeAccountAssignmentCreationStatusCommand,
  DescribeAccountAssignmentDeletionStatusCommand,
  ListAccountAssignmentsCommand,
  ListAccountAssignmentsForPrincipalCommand,
} from '@aws-sdk/client-sso-admin';
import { RunnerError } from '../../errors.js';
import type { IdentityCenter } from './identity-center.js';
import { type Assignee, foundOrUndefined } from './principals.js';
import type { Access, Session } from './session.js';

const PAGE = 100;
/** AWS makes an assignment in seconds, seldom in a minute. */
const LOOKS = 40;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/** A permission set for somebody on an account. */
export interface Assignment extends Assignee {
  readonly account: string;
  /** ARN of the permission set. */
  readonly permissionSet: string;
}

/** One page of those who have a permission set on an account, directly. */
export async function listAssignees(
  session: Session,
  center: IdentityCenter,
  { account, permissionSet }: Pick<Assignment, 'account' | 'permissionSet'>,
  token?: string,
): Promise<{ readonly assignees: readonly Assignee[]; readonly next: string | undefined }> {
  const { AccountAssignments: found = [], NextToken: next } = await session.ssoAdmin(center.region).send(
    new ListAccountAssignmentsCommand({
      InstanceArn: center.instance,
      AccountId: account,
      PermissionSetArn: permissionSet,
      MaxResults: PAGE,
      ...(token !== undefined && { NextToken: token }),
    }),
  );
  const assignees = found.flatMap(({ PrincipalId: id, PrincipalType: type }) =>
    id !== undefined && (type === 'USER' || type === 'GROUP') ? [{ id, type }] : [],
  );
  return { assignees, next };
}

/** All of them; nobody where the permission set or the account is gone. */
export async function allAssignees(
  session: Session,
  center: IdentityCenter,
  of: Pick<Assignment, 'account' | 'permissionSet'>,
): Promise<readonly Assignee[]> {
  const all: Assignee[] = [];
  let token: string | undefined;
  do {
    const page = await foundOrUndefined(() => listAssignees(session, center, of, token));
    all.push(...(page?.assignees ?? []));
    token = page?.next;
  } while (token !== undefined);
  return all;
}

/** Whether somebody has it directly. */
export async function isAssigned(session: Session, center: IdentityCenter, wanted: Assignment): Promise<boolean> {
  return (await allAssignees(session, center, wanted)).some(({ type, id }) => type === wanted.type && id === wanted.id);
}

/** ARNs of every permission set that somebody has on an account, directly or through a group. */
export async function permissionSetsOf(
  session: Session,
  center: IdentityCenter,
  { type, id }: Assignee,
  account: string,
): Promise<readonly string[]> {
  const of = { InstanceArn: center.instance, PrincipalType: type, PrincipalId: id, Filter: { AccountId: account }, MaxResults: PAGE };
  const arns = new Set<string>();
  let token: string | undefined;
  do {
    const page = await foundOrUndefined(() =>
      session
        .ssoAdmin(center.region)
        .send(new ListAccountAssignmentsForPrincipalCommand({ ...of, ...(token !== undefined && { NextToken: token }) })),
    );
    for (const { PermissionSetArn: arn } of page?.AccountAssignments ?? []) if (arn !== undefined) arns.add(arn);
    token = page?.NextToken;
  } while (token !== undefined);
  return [...arns].sort();
}

/** Makes an assignment, and waits until AWS has made it. Repeated, it changes nothing. */
export async function assign(access: Access, session: Session, center: IdentityCenter, assignment: Assignment): Promise<void> {
  const client = session.ssoAdmin(center.region);
  const { AccountAssignmentCreationStatus: begun } = await client.send(
    new CreateAccountAssignmentCommand({ InstanceArn: center.instance, ...fields(assignment) }),
  );
  await done(access, assignment, begun, async (id) => {
    const of = { InstanceArn: center.instance, AccountAssignmentCreationRequestId: id };
    return (await client.send(new DescribeAccountAssignmentCreationStatusCommand(of))).AccountAssignmentCreationStatus;
  });
}

/** Removes an assignment, and waits until AWS has removed it; one that is gone is removed. */
export async function unassign(access: Access, session: Session, center: IdentityCenter, assignment: Assignment): Promise<void> {
  const client = session.ssoAdmin(center.region);
  const begun = await foundOrUndefined(
    async () =>
      (await client.send(new DeleteAccountAssignmentCommand({ InstanceArn: center.instance, ...fields(assignment) })))
        .AccountAssignmentDeletionStatus,
  );
  if (begun === undefined) return;
  await done(access, assignment, begun, async (id) => {
    const of = { InstanceArn: center.instance, AccountAssignmentDeletionRequestId: id };
    return (await client.send(new DescribeAccountAssignmentDeletionStatusCommand(of))).AccountAssignmentDeletionStatus;
  });
}

function fields({ account, permissionSet, type, id }: Assignment) {
  return {
    TargetId: account,
    TargetType: 'AWS_ACCOUNT' as const,
    PermissionSetArn: permissionSet,
    PrincipalType: type,
    PrincipalId: id,
  };
}

type Status = AccountAssignmentOperationStatus | undefined;

/** @throws {RunnerError} retryable, where AWS fails or takes longer than the runner waits */
async function done(access: Access, { account, id }: Assignment, begun: Status, look: (id: string) => Promise<Status>): Promise<void> {
  const object = `${id} on ${account}`;
  let status = begun;
  for (let looks = 0; looks < LOOKS; looks += 1) {
    if (status?.Status === 'SUCCEEDED') return;
    if (status?.Status === 'FAILED') {
      throw new RunnerError('CONFLICT', 'IAM Identity Center could not change the assignment.', {
        object,
        mend: 'See its history of assignments, and whether user, account and permission set still exist.',
        retryable: true,
      });
    }
    if (status?.RequestId === undefined) break;
    if (looks > 0) await pause(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** looks), undefined, { signal: access.signal });
    status = await look(status.RequestId);
  }
  throw new RunnerError('INTERNAL', 'IAM Identity Center has not changed the assignment yet.', { object, retryable: true });
}
