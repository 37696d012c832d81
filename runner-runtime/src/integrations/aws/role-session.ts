import { GetRoleCommand, type Role } from '@aws-sdk/client-iam';
import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import type { AccessWay } from '../../integration-kit/access-way.js';
import { type ObjectKind, objectLife } from '../../integration-kit/objects/object-life.js';
import { nativeExpiryOf } from '../../integration-kit/turn.js';
import type { AccessRequest, Plan } from '../integration.js';
import { type Intent, tombstoneUntil } from '../intent.js';
import { SESSION } from './declaration.js';
import { isRunners, ROLE_ARN } from './formats.js';
import { isPolicy, readPolicy } from './policy-document.js';
import { foundOrUndefined } from './principals.js';
import type { AwsSecret } from './secret.js';
import { type Access, openSession, type Session } from './session.js';
import { deleteDeny, hasDeny, isDenied, putDeny, type SessionDeny, sweepDenials } from './session-deny.js';
import { permissionNotFound, requireShape, targetNotFound } from './target.js';

const WAY = 'role-session';
/** A role that is assumed from another role's session: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining */
const LONGEST_SECONDS = 3600;
const SHORTEST_SECONDS = 900;

/** With these a session could remove its own end, or take on a role that outlives it. */
const NEVER = {
  Effect: 'Deny',
  Action: ['iam:*', 'sts:AssumeRole*', 'sts:GetFederationToken', 'sts:GetSessionToken', 'sso:*', 'identitystore:*', 'organizations:*'],
  Resource: '*',
} as const;

export const roleSessionStateSchema = z.strictObject({
  way: z.literal(WAY),
  /** Name of the session, and of the policy that ends it. */
  object: z.string(),
  role: z.string(),
  /** Tells the role from a later one of the same name. */
  roleId: z.string(),
});
type State = z.infer<typeof roleSessionStateSchema>;
type SessionIntent = Intent<State>;

const kind: ObjectKind<AwsSecret, State> = {
  exists: async (access, intent) => hasDeny(await openSession(access), denyOf(intent)),
  make: async (access, intent) => {
    const session = await openSession(access);
    await requireRole(session, intent.target.path[0] ?? '', intent.state.roleId);
    // Its end first: a session that could not be ended must not begin.
    await putDeny(session, denyOf(intent, nativeExpiryOf(intent)));
    return dispense(access, session, intent);
  },
  extend: async (access, intent) => putDeny(await openSession(access), denyOf(intent, nativeExpiryOf(intent))),
  remove: async (access, intent) => {
    const session = await openSession(access);
    const { role } = intent.state;
    const now = access.now() / 1000;
    const deny = denyOf(intent);
    const actions: string[] = [];
    if (!(await isSameRole(session, intent))) actions.push(`found no role ${role} any more, and with it no session`);
    else if (now >= deny.needlessFrom) {
      await deleteDeny(session, deny);
      actions.push('found the session ended by its own time');
    } else if (!(await isDenied(session, deny))) {
      await putDeny(session, deny);
      actions.push(`denied everything to the session ${deny.userId} by the policy ${deny.name} on ${role}`);
    }
    const swept = await sweepDenials(session, role, now);
    if (swept > 0) actions.push(`removed ${swept} policies of sessions that have ended`);
    return { actions, warnings: [] };
  },
  prove: async (access, intent) => {
    const session = await openSession(access);
    const deny = denyOf(intent);
    const over = access.now() / 1000 >= deny.needlessFrom;
    const gone = over || !(await isSameRole(session, intent));
    const denied = !gone && (await isDenied(session, deny));
    const at = new Date(access.now()).toISOString();
    const answer = gone ? 'no: they have ended' : denied ? `no: ${deny.name} on the role denies everything to them` : 'yes';
    return {
      // STS lists no sessions: what can be read back is the policy that AWS asks with each of their calls.
      observations: [{ question: `May sessions ${deny.userId} do anything?`, answer, at }],
      proved: gone || denied,
      warnings: [],
    };
  },
};

/** Temporary credentials of a role, ended early by a policy on the role that hits this one session. */
export const roleSession: AccessWay<AwsSecret, State> = { ...objectLife(kind), plan };

async function plan(access: Access, { requestId, target, permission, principal }: AccessRequest): Promise<Plan<State>> {
  const arn = requireShape(target);
  if (principal !== undefined) {
    throw new RunnerError('UNSUPPORTED', 'A role is given as temporary credentials only.', {
      object: principal.kind,
      mend: 'Ask for a temporary credential, or name an account and a permission set.',
    });
  }
  if (isPolicy(permission)) readPolicy(permission);
  else if (permission !== SESSION) throw permissionNotFound(permission, `${SESSION}, or a policy as JSON`);
  const [, account, path = '', role = ''] = ROLE_ARN.exec(arn) ?? [];
  const { secret } = access;
  // The name of a role that runners may take on: such a role is theirs, whatever it can do.
  if (arn === secret.roleArn || isRunners(role) || /axiom-security/i.test(role)) {
    throw new RunnerError('UNSUPPORTED', 'Credentials of a role that belongs to a runner are not given.', { object: arn });
  }
  if (path.startsWith('/aws-service-role/') || path.startsWith('/aws-reserved/')) {
    throw new RunnerError('UNSUPPORTED', 'AWS alone manages this role: its sessions could not be ended.', { object: arn });
  }
  const session = await openSession(access);
  if (account !== undefined && account !== session.account) {
    throw new RunnerError('UNSUPPORTED', 'The role is of another account, where its sessions could not be ended.', {
      object: arn,
      mend: 'Make a secret axiom-security/aws/<account id> for that account.',
    });
  }
  const { RoleId: roleId = '' } = await requireRole(session, arn);
  const object = access.marks.name(requestId, 'session');
  return { principal: { kind: 'session', id: object }, state: { way: WAY, object, role, roleId } };
}

/** @param id the role's, where one of the name must be the same as before */
async function requireRole(session: Session, arn: string, id?: string): Promise<Role> {
  const [, , , name] = ROLE_ARN.exec(arn) ?? [];
  const found = name === undefined ? undefined : await readRole(session, name);
  if (found?.Arn === arn && (id === undefined || found.RoleId === id)) return found;
  throw targetNotFound(arn, 'a role of this account');
}

async function readRole({ iam }: Session, name: string): Promise<Role | undefined> {
  return (await foundOrUndefined(() => iam.send(new GetRoleCommand({ RoleName: name }))))?.Role;
}

async function isSameRole(session: Session, { state }: SessionIntent): Promise<boolean> {
  return (await readRole(session, state.role))?.RoleId === state.roleId;
}

/** @param from when it begins to deny, unix seconds; at once when absent */
function denyOf(intent: SessionIntent, from?: number): SessionDeny {
  const { object: name, role, roleId } = intent.state;
  // No session begins after the request may no longer be carried out.
  return { role, name, userId: `${roleId}:${name}`, from, needlessFrom: tombstoneUntil(intent) + LONGEST_SECONDS };
}

async function dispense(access: Access, session: Session, intent: SessionIntent) {
  const wanted = Math.floor(nativeExpiryOf(intent) - access.now() / 1000);
  access.gate.check();
  const { Credentials: issued } = await assumeTarget(session, intent, Math.min(LONGEST_SECONDS, Math.max(SHORTEST_SECONDS, wanted)));
  const { AccessKeyId: id, SecretAccessKey: key, SessionToken: token, Expiration: end } = issued ?? {};
  if (id === undefined || key === undefined || token === undefined || end === undefined) {
    throw new RunnerError('TARGET_UNREACHABLE', 'STS answered without credentials.', { object: intent.state.role });
  }
  const expiresAt = end.toISOString();
  return {
    credential: { access_key_id: id, secret_access_key: key, session_token: token, expires_at: expiresAt },
    actions: [`began a session of ${intent.state.role}, which expires at ${expiresAt} by itself`],
  };
}

async function assumeTarget(session: Session, { target, permission, state }: SessionIntent, DurationSeconds: number) {
  try {
    return await session.sts.send(
      new AssumeRoleCommand({
        RoleArn: target.path[0],
        RoleSessionName: state.object,
        DurationSeconds,
        Policy: JSON.stringify(sessionPolicy(permission)),
      }),
    );
  } catch (error) {
    if (!(error instanceof RunnerError) || error.object !== 'sts:AssumeRole' || error.code !== 'TARGET_AUTH_FAILED') throw error;
    throw new RunnerError('TARGET_PERMISSION_DENIED', 'The role does not let the role of the secret take it on.', {
      object: target.path[0],
      mend: 'Name the role of the secret in the trust policy of this role, and allow sts:AssumeRole on this role to it.',
    });
  }
}

/** What the session may do at most: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session */
function sessionPolicy(permission: string) {
  const allowed = isPolicy(permission) ? readPolicy(permission).Statement : [{ Effect: 'Allow', Action: '*', Resource: '*' }];
  return { Version: '2012-10-17', Statement: [...allowed, NEVER] };
}
