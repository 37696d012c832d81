import { IsMemberInGroupsCommand } from '@aws-sdk/client-identitystore';
import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import type { AccessWay } from '../../integration-kit/access-way.js';
import { SETS } from '../../integration-kit/slots/lattice.js';
import { type SlotKind, type SlotState, slotStateSchema } from '../../integration-kit/slots/slot.js';
import { slotLife } from '../../integration-kit/slots/slot-life.js';
import type { AccessRequest, Plan } from '../integration.js';
import type { Intent } from '../intent.js';
import { type Assignment, allAssignees, assign, isAssigned, unassign } from './assignments.js';
import { isRunners, PERMISSION_SET_ARN, PERMISSION_SET_NAME } from './formats.js';
import { type IdentityCenter, requireIdentityCenter } from './identity-center.js';
import { describePermissionSet, findPermissionSet, managedPoliciesIn, type PermissionSetFacts } from './permission-sets.js';
import { requireAssignee } from './principals.js';
import type { AwsSecret } from './secret.js';
import { type Access, openSession, type Session } from './session.js';
import { requireNoTakeover } from './takeover.js';
import { permissionNotFound, requireAccount, requireShape } from './target.js';

const WAY = 'permission-set';
const ASSIGNED = 'assigned';
const GROUPS_AT_ONCE = 100;

export const permissionSetStateSchema = slotStateSchema.extend({ way: z.literal(WAY) });
type State = z.infer<typeof permissionSetStateSchema>;

const kind: SlotKind<AwsSecret> = {
  lattice: SETS,
  expires: false,
  read: async (access, slot) => {
    const { center, assignment } = partsOf(slot);
    return (await isAssigned(await openSession(access), center, assignment)) ? [ASSIGNED] : [];
  },
  write: async (access, slot, { to }) => {
    const { center, assignment } = partsOf(slot);
    await (to.length > 0 ? assign : unassign)(access, await openSession(access), center, assignment);
  },
  describe: (value) =>
    value.length > 0
      ? 'the permission set assigned'
      : 'no assignment (sessions that are open end with the session duration of the permission set)',
  otherWays,
};

/** A permission set of IAM Identity Center that is there, assigned to a user or group on an account. */
export const permissionSet: AccessWay<AwsSecret, SlotState> = { ...slotLife(kind), plan };

async function plan(access: Access, { target, permission, principal }: AccessRequest): Promise<Plan<State>> {
  const account = requireShape(target);
  const session = await openSession(access);
  const center = await requireIdentityCenter(access, session);
  const assignee = await requireAssignee(session, center, principal);
  await requireAccount(session, account);
  const set = await requirePermissionSet(session, center, permission);
  if (account === session.account) requireNoTakeover(await managedPoliciesIn(session, center, set.arn), set.name);
  const slot = [center.region, center.instance, center.store, account, set.arn, assignee.type, assignee.id];
  return { principal: principal ?? { kind: 'user', id: assignee.id }, state: { way: WAY, slot, value: [ASSIGNED] } };
}

/** @throws {RunnerError} `PERMISSION_NOT_FOUND`, or `UNSUPPORTED` for one that belongs to another access */
async function requirePermissionSet(session: Session, center: IdentityCenter, permission: string): Promise<PermissionSetFacts> {
  const find = async (): Promise<PermissionSetFacts | undefined> => {
    if (PERMISSION_SET_ARN.test(permission)) return describePermissionSet(session, center, permission);
    return PERMISSION_SET_NAME.test(permission) ? findPermissionSet(session, center, permission) : undefined;
  };
  const found = await find();
  if (found === undefined) throw permissionNotFound(permission, 'the name or ARN of a permission set, or a policy as JSON');
  if (!isRunners(found.name)) return found;
  throw new RunnerError('UNSUPPORTED', 'This permission set belongs to another access.', { object: found.name });
}

/** Groups of the user that have the same permission set on the account. */
async function otherWays(access: Access, intent: Intent<SlotState>): Promise<readonly string[]> {
  const { center, assignment } = partsOf(intent.state.slot);
  if (assignment.type !== 'USER') return [];
  const session = await openSession(access);
  const groups = (await allAssignees(session, center, assignment)).flatMap(({ type, id }) => (type === 'GROUP' ? [id] : []));
  const member: string[] = [];
  for (let from = 0; from < groups.length; from += GROUPS_AT_ONCE) {
    const GroupIds = groups.slice(from, from + GROUPS_AT_ONCE);
    const { Results: results = [] } = await session
      .identityStore(center.region)
      .send(new IsMemberInGroupsCommand({ IdentityStoreId: center.store, MemberId: { UserId: assignment.id }, GroupIds }));
    for (const { GroupId: id, MembershipExists: exists } of results) if (exists && id !== undefined) member.push(id);
  }
  return member.map((id) => `the group ${id}`);
}

function partsOf([region = '', instance = '', store = '', account = '', permissionSet = '', type, id = '']: readonly string[]): {
  readonly center: IdentityCenter;
  readonly assignment: Assignment;
} {
  return {
    center: { region, instance, store },
    assignment: { account, permissionSet, type: type === 'GROUP' ? 'GROUP' : 'USER', id },
  };
}
