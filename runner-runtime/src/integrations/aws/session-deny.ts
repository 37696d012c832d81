import { DeleteRolePolicyCommand, GetRolePolicyCommand, ListRolePoliciesCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { z } from 'zod';
import { allPages } from './iam-pages.js';
import { foundOrUndefined } from './principals.js';
import type { Session } from './session.js';

/** Names that a runner's denials have, whatever group the runner is of. */
const OURS = /^axm_[a-z2-7]{24}$/;
/** Others' denials that one end of an access looks after. */
const MOST_SWEPT = 20;

/** A denial of one session of a role. */
export interface SessionDeny {
  readonly role: string;
  /** Name of the policy on the role. */
  readonly name: string;
  /** `aws:userid` of the session: id of the role, name of the session. */
  readonly userId: string;
  /** When it begins to deny, unix seconds; at once when absent. */
  readonly from?: number | undefined;
  /** When no session is left that it could deny, unix seconds: then anybody may remove it. */
  readonly needlessFrom: number;
}

/**
 * Denies everything to one session of a role, and to nobody else: AWS looks at a role's policies with each call, so that it holds for sessions
 * that were begun before. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html
 */
export async function putDeny(session: Session, deny: SessionDeny): Promise<void> {
  await session.iam.send(new PutRolePolicyCommand({ RoleName: deny.role, PolicyName: deny.name, PolicyDocument: documentOf(deny) }));
}

/** Whether exactly this denial stands. */
export async function isDenied(session: Session, deny: SessionDeny): Promise<boolean> {
  return (await readDocument(session, deny)) === documentOf(deny);
}

/** Whether the role has a policy of the name. */
export async function hasDeny(session: Session, deny: Pick<SessionDeny, 'role' | 'name'>): Promise<boolean> {
  return (await readDocument(session, deny)) !== undefined;
}

export async function deleteDeny(session: Session, { role, name }: Pick<SessionDeny, 'role' | 'name'>): Promise<void> {
  await foundOrUndefined(() => session.iam.send(new DeleteRolePolicyCommand({ RoleName: role, PolicyName: name })));
}

/**
 * Removes denials of earlier accesses to a role that have outlived their sessions: nothing else would, and all inline policies of a role share
 * 10,240 characters.
 * @param now unix seconds
 * @returns how many were removed
 */
export async function sweepDenials(session: Session, role: string, now: number): Promise<number> {
  const names = await foundOrUndefined(() =>
    allPages(async (page) => {
      const answer = await session.iam.send(new ListRolePoliciesCommand({ RoleName: role, ...page }));
      return { ...answer, elements: answer.PolicyNames };
    }),
  );
  let removed = 0;
  for (const name of (names ?? []).filter((one) => OURS.test(one)).slice(0, MOST_SWEPT)) {
    if (now < needlessFrom((await readDocument(session, { role, name })) ?? '')) continue;
    await deleteDeny(session, { role, name });
    removed += 1;
  }
  return removed;
}

function documentOf({ userId, from, needlessFrom }: SessionDeny): string {
  const begins = from === undefined ? {} : { DateGreaterThanEquals: { 'aws:CurrentTime': isoSeconds(from) } };
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: `AxiomRunnerUntil${needlessFrom}`,
        Effect: 'Deny',
        Action: '*',
        Resource: '*',
        Condition: { StringEquals: { 'aws:userid': userId }, ...begins },
      },
    ],
  });
}

const ownDocument = z.object({
  Statement: z.tuple([z.object({ Sid: z.string().regex(/^AxiomRunnerUntil\d{10}$/), Effect: z.literal('Deny') })]),
});

/** Unix seconds; never for what no runner wrote. */
function needlessFrom(document: string): number {
  try {
    return Number(ownDocument.parse(JSON.parse(document)).Statement[0].Sid.slice(-10));
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** IAM answers with the document percent-encoded (RFC 3986). */
async function readDocument(session: Session, { role, name }: Pick<SessionDeny, 'role' | 'name'>): Promise<string | undefined> {
  return foundOrUndefined(async () => {
    const { PolicyDocument: document = '' } = await session.iam.send(new GetRolePolicyCommand({ RoleName: role, PolicyName: name }));
    return decodeURIComponent(document);
  });
}

/** `2030-03-17T18:46:40Z`, as AWS's own examples write it. */
function isoSeconds(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
