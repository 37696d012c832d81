import {
  AddUserToGroupCommand,
  GetGroupCommand,
  type Group,
  ListAttachedGroupPoliciesCommand,
  ListGroupsForUserCommand,
  RemoveUserFromGroupCommand,
} from '@aws-sdk/client-iam';
import { z } from 'zod';
import type { AccessWay } from '../../integration-kit/access-way.js';
import { SETS } from '../../integration-kit/slots/lattice.js';
import { type SlotKind, type SlotState, slotStateSchema } from '../../integration-kit/slots/slot.js';
import { slotLife } from '../../integration-kit/slots/slot-life.js';
import type { AccessRequest, Plan } from '../integration.js';
import { MEMBER } from './declaration.js';
import { IAM_GROUP_NAME } from './formats.js';
import { allPages } from './iam-pages.js';
import { foundOrUndefined, readIamUser, requireIamUser } from './principals.js';
import type { AwsSecret } from './secret.js';
import { type Access, openSession, type Session } from './session.js';
import { requireNoTakeover } from './takeover.js';
import { permissionNotFound, requireShape, targetNotFound } from './target.js';

const WAY = 'iam-group';
const IN_IT = 'member';

export const iamGroupStateSchema = slotStateSchema.extend({ way: z.literal(WAY) });
type State = z.infer<typeof iamGroupStateSchema>;

const kind: SlotKind<AwsSecret> = {
  lattice: SETS,
  expires: false,
  read: async (access, [groupName, groupId, userName = '', userId]) => {
    const session = await openSession(access);
    // Somebody else of the same name has nothing to do with the access.
    if ((await readIamUser(session, userName))?.id !== userId) return [];
    const groups = await groupsOf(session, userName);
    return groups.some(({ GroupName: name, GroupId: id }) => name === groupName && id === groupId) ? [IN_IT] : [];
  },
  write: async (access, [groupName, , userName], { to }) => {
    const { iam } = await openSession(access);
    const membership = { GroupName: groupName, UserName: userName };
    if (to.length > 0) await iam.send(new AddUserToGroupCommand(membership));
    else await foundOrUndefined(() => iam.send(new RemoveUserFromGroupCommand(membership)));
  },
  describe: (value) => (value.length > 0 ? 'membership' : 'no membership'),
};

/** An IAM user in an IAM group. */
export const iamGroup: AccessWay<AwsSecret, SlotState> = { ...slotLife(kind), plan };

async function plan(access: Access, { target, permission, principal }: AccessRequest): Promise<Plan<State>> {
  const name = requireShape(target);
  if (permission !== MEMBER) throw permissionNotFound(permission, MEMBER);
  const session = await openSession(access);
  const user = await requireIamUser(access, session, principal);
  const group = await requireGroup(session, name);
  requireNoTakeover(await policiesOfGroup(session, name), name);
  const state: State = { way: WAY, slot: [name, group.GroupId ?? '', user.name, user.id], value: [IN_IT] };
  return { principal: principal ?? { kind: 'iam-user', id: user.name }, state };
}

/** Groups that an IAM user is in. */
export async function groupsOf({ iam }: Session, userName: string): Promise<readonly Group[]> {
  return allPages(async (page) => {
    const answer = await iam.send(new ListGroupsForUserCommand({ UserName: userName, ...page }));
    return { ...answer, elements: answer.Groups };
  });
}

/** ARNs of the managed policies that a group has. */
export async function policiesOfGroup({ iam }: Session, groupName: string): Promise<readonly string[]> {
  const policies = await allPages(async (page) => {
    const answer = await iam.send(new ListAttachedGroupPoliciesCommand({ GroupName: groupName, ...page }));
    return { ...answer, elements: answer.AttachedPolicies };
  });
  return policies.flatMap(({ PolicyArn: arn }) => (arn === undefined ? [] : [arn]));
}

async function requireGroup({ iam }: Session, name: string): Promise<Group> {
  if (IAM_GROUP_NAME.test(name)) {
    const found = await foundOrUndefined(() => iam.send(new GetGroupCommand({ GroupName: name, MaxItems: 1 })));
    if (found?.Group?.GroupName === name) return found.Group;
  }
  throw targetNotFound(name, 'a group of IAM');
}
