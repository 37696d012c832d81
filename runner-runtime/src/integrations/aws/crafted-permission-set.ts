import {
  CreatePermissionSetCommand,
  DeletePermissionSetCommand,
  ListTagsForResourceCommand,
  PutInlinePolicyToPermissionSetCommand,
} from '@aws-sdk/client-sso-admin';
import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import type { AccessWay } from '../../integration-kit/access-way.js';
import { type ObjectKind, objectLife } from '../../integration-kit/objects/object-life.js';
import type { AccessRequest, Plan } from '../integration.js';
import type { Intent } from '../intent.js';
import { allAssignees, assign, isAssigned, permissionSetsOf, unassign } from './assignments.js';
import { requireIdentityCenter } from './identity-center.js';
import { describePermissionSet, findPermissionSet, provisionedAccounts } from './permission-sets.js';
import { requireHarmlessPolicy } from './policy-document.js';
import { foundOrUndefined, requireAssignee } from './principals.js';
import type { AwsSecret } from './secret.js';
import { type Access, openSession, type Session } from './session.js';
import { requireAccount, requireShape } from './target.js';

const WAY = 'crafted';
/** Fills the name up to the 32 characters that AWS takes. */
const NAME_ENDING = 'Temp';
/** Tells the runner's own from one that somebody gave the same name: unguessable, and written with the permission set in one call. */
const TAG = 'axiom-runner';
const HOUR_SECONDS = 3600;
/** https://docs.aws.amazon.com/singlesignon/latest/userguide/howtosessionduration.html */
const LONGEST_SESSION_HOURS = 12;

export const craftedStateSchema = z.strictObject({
  way: z.literal(WAY),
  /** Name of the permission set. */
  object: z.string(),
  tag: z.string(),
  center: z.strictObject({ region: z.string(), instance: z.string(), store: z.string() }),
  assignee: z.strictObject({ type: z.enum(['USER', 'GROUP']), id: z.string() }),
});
type State = z.infer<typeof craftedStateSchema>;
type CraftedIntent = Intent<State>;

const rememberedSchema = z.object({ permissionSet: z.string() });

const kind: ObjectKind<AwsSecret, State> = {
  // A second one of the name is refused by AWS; whose the first is, its tag tells.
  exists: async () => false,
  make: async (access, intent, remembered) => {
    const session = await openSession(access);
    const { center, assignee } = intent.state;
    const made = (await known(session, intent, remembered)) ?? (await create(session, intent));
    await session.ssoAdmin(center.region).send(
      new PutInlinePolicyToPermissionSetCommand({
        InstanceArn: center.instance,
        PermissionSetArn: made,
        InlinePolicy: JSON.stringify(requireHarmlessPolicy(intent.permission)),
      }),
    );
    const assignment = { ...assignee, account: accountOf(intent), permissionSet: made };
    if (!(await isAssigned(session, center, assignment))) await assign(access, session, center, assignment);
    return {
      remember: { permissionSet: made },
      actions: [`made the permission set ${intent.state.object} of the policy`, `assigned it on ${accountOf(intent)}`],
    };
  },
  // Sessions are started anew from the access portal, as long as the assignment stands.
  extend: async () => undefined,
  remove: async (access, intent, remembered) => {
    const session = await openSession(access);
    const made = (await known(session, intent, remembered)) ?? (await findOwn(session, intent));
    if (made === undefined) return { actions: ['found no permission set of the access'], warnings: [] };
    const actions = await unassignAll(access, session, intent, made);
    const { center } = intent.state;
    await foundOrUndefined(() =>
      session.ssoAdmin(center.region).send(new DeletePermissionSetCommand({ InstanceArn: center.instance, PermissionSetArn: made })),
    );
    return { actions: [...actions, `deleted the permission set ${intent.state.object}`], warnings: [] };
  },
  prove: async (access, intent, remembered) => {
    const session = await openSession(access);
    const { center, assignee, object } = intent.state;
    const left = (await known(session, intent, remembered)) ?? (await findOwn(session, intent));
    const others = (await permissionSetsOf(session, center, assignee, accountOf(intent))).filter((arn) => arn !== left);
    const at = new Date(access.now()).toISOString();
    const answer = left === undefined ? 'no' : 'yes';
    return {
      observations: [{ question: `Is there a permission set ${object} of the runner?`, answer, at }],
      proved: left === undefined,
      // Whether they allow the same is for a person to judge.
      warnings: others.map((arn) => `${intent.principal.id} still has access through the permission set ${arn}`),
    };
  },
};

/** A policy in a request: a permission set is made of it for one user or group on one account, and deleted at the end. */
export const crafted: AccessWay<AwsSecret, State> = { ...objectLife(kind), plan };

async function plan(access: Access, { requestId, target, permission, principal }: AccessRequest): Promise<Plan<State>> {
  const account = requireShape(target);
  requireHarmlessPolicy(permission);
  const session = await openSession(access);
  const center = await requireIdentityCenter(access, session);
  const assignee = await requireAssignee(session, center, principal);
  await requireAccount(session, account);
  const object = access.marks.name(requestId, 'permission-set') + NAME_ENDING;
  const tag = access.marks.name(requestId, 'permission-set-tag');
  return { principal: principal ?? { kind: 'user', id: assignee.id }, state: { way: WAY, object, tag, center, assignee } };
}

/** ARN of what an earlier attempt remembers to have made, while it is there. */
async function known(session: Session, { state }: CraftedIntent, remembered: unknown): Promise<string | undefined> {
  const arn = rememberedSchema.safeParse(remembered).data?.permissionSet;
  return arn === undefined ? undefined : (await describePermissionSet(session, state.center, arn))?.arn;
}

/** ARN of what an attempt made that was interrupted before it could remember it. */
async function findOwn(session: Session, { state: { center, object, tag } }: CraftedIntent): Promise<string | undefined> {
  const found = await findPermissionSet(session, center, object);
  if (found === undefined) return undefined;
  const { Tags: tags = [] } = await session
    .ssoAdmin(center.region)
    .send(new ListTagsForResourceCommand({ InstanceArn: center.instance, ResourceArn: found.arn }));
  return tags.some(({ Key: key, Value: value }) => key === TAG && value === tag) ? found.arn : undefined;
}

/** @throws {RunnerError} `CONFLICT` for somebody else's of the same name */
async function create(session: Session, intent: CraftedIntent): Promise<string> {
  const { center, object, tag } = intent.state;
  try {
    const { PermissionSet: made } = await session.ssoAdmin(center.region).send(
      new CreatePermissionSetCommand({
        InstanceArn: center.instance,
        Name: object,
        Description: 'Made for one access and deleted at its end.',
        SessionDuration: sessionDuration(intent),
        Tags: [{ Key: TAG, Value: tag }],
      }),
    );
    if (made?.PermissionSetArn !== undefined) return made.PermissionSetArn;
  } catch (error) {
    if (!(error instanceof RunnerError) || error.code !== 'CONFLICT') throw error;
    const own = await findOwn(session, intent);
    if (own !== undefined) return own;
  }
  throw new RunnerError('CONFLICT', "A permission set of the name that this access needs is there already, and is not the runner's.", {
    object,
    mend: 'Look who made it, and remove it.',
  });
}

/** As long as the access, in whole hours: ISO 8601. */
function sessionDuration({ plannedAt, expiresAt }: CraftedIntent): string {
  const hours = Math.ceil((expiresAt - plannedAt) / HOUR_SECONDS);
  return `PT${Math.min(LONGEST_SESSION_HOURS, Math.max(1, hours))}H`;
}

/** Whoever else was assigned it meanwhile keeps AWS from deleting it, and the access from ending. */
async function unassignAll(access: Access, session: Session, intent: CraftedIntent, permissionSet: string): Promise<string[]> {
  const { center } = intent.state;
  const accounts = new Set([accountOf(intent)]);
  let token: string | undefined;
  do {
    const page = await foundOrUndefined(() => provisionedAccounts(session, center, permissionSet, token));
    for (const account of page?.accounts ?? []) accounts.add(account);
    token = page?.next;
  } while (token !== undefined);
  const actions: string[] = [];
  for (const account of accounts) {
    for (const assignee of await allAssignees(session, center, { account, permissionSet })) {
      await unassign(access, session, center, { ...assignee, account, permissionSet });
      actions.push(`unassigned it from ${assignee.id} on ${account}`);
    }
  }
  return actions;
}

function accountOf({ target }: CraftedIntent): string {
  return target.path[0] ?? '';
}
