import { AttachUserPolicyCommand, DetachUserPolicyCommand, GetPolicyCommand, ListAttachedUserPoliciesCommand } from '@aws-sdk/client-iam';
import { z } from 'zod';
import type { AccessWay } from '../../integration-kit/access-way.js';
import { SETS } from '../../integration-kit/slots/lattice.js';
import { type SlotKind, type SlotState, slotStateSchema } from '../../integration-kit/slots/slot.js';
import { slotLife } from '../../integration-kit/slots/slot-life.js';
import type { AccessRequest, Plan } from '../integration.js';
import type { Intent } from '../intent.js';
import { ATTACHED } from './declaration.js';
import { POLICY_ARN } from './formats.js';
import { groupsOf, policiesOfGroup } from './iam-group.js';
import { allPages } from './iam-pages.js';
import { foundOrUndefined, readIamUser, requireIamUser } from './principals.js';
import type { AwsSecret } from './secret.js';
import { type Access, openSession, type Session } from './session.js';
import { requireNoTakeover } from './takeover.js';
import { permissionNotFound, requireShape, targetNotFound } from './target.js';

const WAY = 'iam-policy';
const ON_USER = 'attached';

export const iamPolicyStateSchema = slotStateSchema.extend({ way: z.literal(WAY) });
type State = z.infer<typeof iamPolicyStateSchema>;

const kind: SlotKind<AwsSecret> = {
  lattice: SETS,
  expires: false,
  read: async (access, [policyArn = '', userName = '', userId]) => {
    const session = await openSession(access);
    if ((await readIamUser(session, userName))?.id !== userId) return [];
    return (await policiesOfUser(session, userName)).includes(policyArn) ? [ON_USER] : [];
  },
  write: async (access, [policyArn, userName], { to }) => {
    const { iam } = await openSession(access);
    const attachment = { PolicyArn: policyArn, UserName: userName };
    if (to.length > 0) await iam.send(new AttachUserPolicyCommand(attachment));
    else await foundOrUndefined(() => iam.send(new DetachUserPolicyCommand(attachment)));
  },
  describe: (value) => (value.length > 0 ? 'the policy attached' : 'no attachment'),
  otherWays,
};

/** A managed policy on an IAM user. */
export const iamPolicy: AccessWay<AwsSecret, SlotState> = { ...slotLife(kind), plan };

async function plan(access: Access, { target, permission, principal }: AccessRequest): Promise<Plan<State>> {
  const arn = requireShape(target);
  if (permission !== ATTACHED) throw permissionNotFound(permission, ATTACHED);
  const session = await openSession(access);
  const user = await requireIamUser(access, session, principal);
  await requirePolicy(session, arn);
  requireNoTakeover([arn], arn);
  return {
    principal: principal ?? { kind: 'iam-user', id: user.name },
    state: { way: WAY, slot: [arn, user.name, user.id], value: [ON_USER] },
  };
}

async function requirePolicy({ iam, account }: Session, arn: string): Promise<void> {
  const [, owner] = POLICY_ARN.exec(arn) ?? [];
  if (owner === account || owner === 'aws') {
    const found = await foundOrUndefined(() => iam.send(new GetPolicyCommand({ PolicyArn: arn })));
    if (found?.Policy?.IsAttachable !== false && found?.Policy !== undefined) return;
  }
  throw targetNotFound(arn, 'a managed policy of this account or of AWS');
}

async function policiesOfUser({ iam }: Session, userName: string): Promise<readonly string[]> {
  const policies = await allPages(async (page) => {
    const answer = await iam.send(new ListAttachedUserPoliciesCommand({ UserName: userName, ...page }));
    return { ...answer, elements: answer.AttachedPolicies };
  });
  return policies.flatMap(({ PolicyArn: arn }) => (arn === undefined ? [] : [arn]));
}

/** Groups of the user that have the same policy. */
async function otherWays(access: Access, { state }: Intent<SlotState>): Promise<readonly string[]> {
  const [policyArn = '', userName = ''] = state.slot;
  const session = await openSession(access);
  const ways: string[] = [];
  for (const { GroupName: group = '' } of (await foundOrUndefined(() => groupsOf(session, userName))) ?? []) {
    if ((await policiesOfGroup(session, group)).includes(policyArn)) ways.push(`the group ${group}`);
  }
  return ways;
}
