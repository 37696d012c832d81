import { ListGroupsCommand, ListPoliciesCommand, ListRolesCommand, ListUsersCommand } from '@aws-sdk/client-iam';
import { ListGroupsCommand as ListStoreGroupsCommand, ListUsersCommand as ListStoreUsersCommand } from '@aws-sdk/client-identitystore';
import { DescribeOrganizationCommand, ListAccountsCommand } from '@aws-sdk/client-organizations';
import { ListPermissionSetsCommand } from '@aws-sdk/client-sso-admin';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import type { Check } from '@axiom-runner/protocol';
import { RunnerError } from '../../errors.js';
import { type Answer, declaredChecks, failed } from '../../integration-kit/check-answers.js';
import { declaration } from './declaration.js';
import { ACCOUNT_ID } from './formats.js';
import { findIdentityCenter, type IdentityCenter } from './identity-center.js';
import { foundOrUndefined } from './principals.js';
import { type Access, openSession, type Session } from './session.js';

const NO_CENTER: Answer = { outcome: 'skipped', detail: 'Needs an IAM Identity Center.' };

/** Runs the declared checks in their order; what depends on the role is skipped where it cannot be assumed. */
export async function testConnection(access: Access): Promise<Check[]> {
  const session = await attempt(access, () => openSession(access));
  if (!session.ok) return declaredChecks(declaration, { assume: session.answer });
  return declaredChecks(declaration, await answers(access, session.value));
}

async function answers(access: Access, session: Session): Promise<Readonly<Record<string, Answer>>> {
  const { secret } = access;
  const identity = await attempt(access, () => identityOf(access, session));
  const organizations = await attempt(access, () => organization(session));
  const center = await attempt(access, () => findIdentityCenter(access, session));
  const found = center.ok ? center.value : undefined;
  const sets = found === undefined ? undefined : await attempt(access, () => permissionSets(session, found));
  const store = found === undefined ? undefined : await attempt(access, () => somebodyInStore(session, found));
  const iam = await attempt(access, () => somebodyInIam(session));
  return {
    assume: { outcome: 'ok', detail: `The runner works as ${secret.roleArn}.` },
    identity: identity.ok ? identity.value : identity.answer,
    organizations: organizations.ok ? organizations.value : onlyOwnAccount(organizations.answer, session),
    'identity-center': center.ok ? centerAnswer(access, center.value) : center.answer,
    'permission-sets': sets === undefined ? NO_CENTER : sets.ok ? sets.value : sets.answer,
    'identity-store': store === undefined ? NO_CENTER : store.ok ? told(store.value, 'The identity store') : store.answer,
    iam: iam.ok ? told(iam.value, 'IAM') : iam.answer,
    empty: emptyAnswer([store?.ok ? store.value : undefined, iam.ok ? iam.value : undefined]),
  };
}

type Attempt<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly answer: Answer };

/** A failure of AWS is an answer; that of a runner which stops is not. */
async function attempt<T>({ signal }: Access, look: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { ok: true, value: await look() };
  } catch (error) {
    if (!(error instanceof RunnerError) || signal.aborted) throw error;
    return { ok: false, answer: failed(error) };
  }
}

async function identityOf({ system, secret }: Access, session: Session): Promise<Answer> {
  const { Account: account, Arn: arn = '' } = await session.sts.send(new GetCallerIdentityCommand({}));
  if (account !== secret.account) return { outcome: 'failed', detail: `AWS takes the runner for ${arn}.`, mend: 'Check role_arn.' };
  if (ACCOUNT_ID.test(system.id) && system.id !== account) {
    return {
      outcome: 'failed',
      detail: `The secret is named for account ${system.id}, but role_arn is of account ${account}.`,
      mend: 'Name the secret axiom-security/aws/<account id> for the account of its role.',
    };
  }
  return { outcome: 'ok', detail: `Account ${account}.` };
}

/** Every account may ask what organization it is in; only that of the management or a delegated administrator may ask for the others. */
async function organization(session: Session): Promise<Answer> {
  const found = await foundOrUndefined(() => session.organizations.send(new DescribeOrganizationCommand({})));
  if (found?.Organization === undefined) {
    return { outcome: 'warning', detail: `Account ${session.account} is in no organization: access is given in it alone.` };
  }
  await session.organizations.send(new ListAccountsCommand({ MaxResults: 1 }));
  const own = found.Organization.MasterAccountId === session.account ? ', as its management account' : '';
  return { outcome: 'ok', detail: `The organization ${found.Organization.Id ?? ''}${own}.` };
}

function onlyOwnAccount(answer: Answer, { account }: Session): Answer {
  if (answer.outcome !== 'permission_missing') return answer;
  return {
    outcome: 'warning',
    detail: `Other accounts than ${account} cannot be read (${answer.detail})`,
    mend: 'Allow organizations:ListAccounts and organizations:DescribeAccount to the role, and use the management account or a delegated administrator.',
  };
}

function centerAnswer({ secret }: Access, center: IdentityCenter | undefined): Answer {
  if (center !== undefined) return { outcome: 'ok', detail: `${center.instance} in ${center.region}.` };
  const looked = secret.region ?? 'any region that every account has';
  return {
    outcome: 'warning',
    detail: `No IAM Identity Center in ${looked}: permission sets cannot be given.`,
    mend: 'Where there is one, set aws_region of the secret to its region, and use the role of the account that administers it.',
  };
}

async function permissionSets(session: Session, { region, instance }: IdentityCenter): Promise<Answer> {
  const { PermissionSets: found = [] } = await session
    .ssoAdmin(region)
    .send(new ListPermissionSetsCommand({ InstanceArn: instance, MaxResults: 1 }));
  if (found.length > 0) return { outcome: 'ok', detail: 'Permission sets can be read.' };
  return {
    outcome: 'warning',
    detail: 'There is no permission set: only policies in a request can be given.',
    mend: 'Check that the instance is that of the organization: one of a single account has no permission sets.',
  };
}

async function somebodyInStore(session: Session, { region, store }: IdentityCenter): Promise<boolean> {
  const client = session.identityStore(region);
  const one = { IdentityStoreId: store, MaxResults: 1 };
  const { Users: users = [] } = await client.send(new ListStoreUsersCommand(one));
  await client.send(new ListStoreGroupsCommand(one));
  return users.length > 0;
}

async function somebodyInIam({ iam }: Session): Promise<boolean> {
  const { Users: users = [] } = await iam.send(new ListUsersCommand({ MaxItems: 1 }));
  await iam.send(new ListGroupsCommand({ MaxItems: 1 }));
  await iam.send(new ListPoliciesCommand({ MaxItems: 1, Scope: 'Local' }));
  const { Roles: roles = [] } = await iam.send(new ListRolesCommand({ MaxItems: 1 }));
  return users.length > 0 || roles.length > 0;
}

function told(somebody: boolean, where: string): Answer {
  return { outcome: 'ok', detail: somebody ? `${where} can be read.` : `${where} can be read, and has nobody.` };
}

function emptyAnswer(seen: readonly (boolean | undefined)[]): Answer {
  if (seen.every((somebody) => somebody === undefined)) return { outcome: 'skipped', detail: 'Needs users that can be read.' };
  if (seen.includes(true)) return { outcome: 'ok', detail: 'There is somebody to give access to.' };
  return { outcome: 'empty', detail: 'There is no user and no role.', mend: 'Check that role_arn is of the right account.' };
}
