import { GetUserCommand } from '@aws-sdk/client-iam';
import { DescribeGroupCommand, DescribeUserCommand, GetGroupIdCommand, GetUserIdCommand } from '@aws-sdk/client-identitystore';
import type { Principal } from '@axiom-runner/protocol';
import { RunnerError } from '../../errors.js';
import { isNotFound } from '../../integration-kit/http/json-client.js';
import { CENTER_GROUP_NAME, CENTER_ID, CENTER_USER_NAME, IAM_USER_NAME } from './formats.js';
import type { IdentityCenter } from './identity-center.js';
import { type Access, runnerIdentity, type Session } from './session.js';

/** Somebody who can be assigned a permission set. */
export interface Assignee {
  readonly type: 'USER' | 'GROUP';
  readonly id: string;
}

/** @throws {RunnerError} `PRINCIPAL_NOT_FOUND`, or `UNSUPPORTED` for another kind */
export async function requireAssignee(session: Session, center: IdentityCenter, principal: Principal | undefined): Promise<Assignee> {
  if (principal?.kind !== 'user' && principal?.kind !== 'group') throw wrongKind(principal, 'user or group of IAM Identity Center');
  const store = { IdentityStoreId: center.store };
  const client = session.identityStore(center.region);
  const { id, kind } = principal;
  const isUser = kind === 'user';
  const found = async (): Promise<string | undefined> => {
    if (CENTER_ID.test(id)) {
      if (isUser) return (await client.send(new DescribeUserCommand({ ...store, UserId: id }))).UserId;
      return (await client.send(new DescribeGroupCommand({ ...store, GroupId: id }))).GroupId;
    }
    if (!(isUser ? CENTER_USER_NAME : CENTER_GROUP_NAME).test(id)) return undefined;
    const byName = (AttributePath: string) => ({
      ...store,
      AlternateIdentifier: { UniqueAttribute: { AttributePath, AttributeValue: id } },
    });
    if (isUser) return (await client.send(new GetUserIdCommand(byName('userName')))).UserId;
    return (await client.send(new GetGroupIdCommand(byName('displayName')))).GroupId;
  };
  const assignee = await foundOrUndefined(found);
  if (assignee === undefined) throw notFound(principal);
  return { type: isUser ? 'USER' : 'GROUP', id: assignee };
}

/** An IAM user: the name is what its calls take, the id tells it from a later one of the same name. */
export interface IamUser {
  readonly name: string;
  readonly id: string;
}

/** @throws {RunnerError} `PRINCIPAL_NOT_FOUND`, or `UNSUPPORTED` for another kind and for the runner itself */
export async function requireIamUser(access: Access, session: Session, principal: Principal | undefined): Promise<IamUser> {
  if (principal?.kind !== 'iam-user') throw wrongKind(principal, 'user of IAM (iam-user)');
  const { id: name } = principal;
  const user = IAM_USER_NAME.test(name) ? await readIamUser(session, name) : undefined;
  if (user === undefined) throw notFound(principal);
  if ((await runnerIdentity(access)) === user.arn) {
    throw new RunnerError('UNSUPPORTED', 'The runner gives itself nothing.', { object: name, mend: 'Name another user.' });
  }
  return user;
}

/** @returns undefined where there is no user of the name */
export async function readIamUser(session: Session, name: string): Promise<(IamUser & { readonly arn: string }) | undefined> {
  return foundOrUndefined(async () => {
    const { User: user } = await session.iam.send(new GetUserCommand({ UserName: name }));
    // IAM finds names without regard to case, and answers with the true one.
    return user?.UserName === name ? { name, id: user.UserId ?? '', arn: user.Arn ?? '' } : undefined;
  });
}

/** What is there, or nothing where AWS says that it is not. */
export async function foundOrUndefined<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function wrongKind(principal: Principal | undefined, wanted: string): RunnerError {
  return new RunnerError('UNSUPPORTED', `This is given to a ${wanted}.`, {
    object: principal?.kind,
    mend: principal === undefined ? 'For temporary credentials ask for a role as the target.' : undefined,
  });
}

function notFound({ id }: Principal): RunnerError {
  return new RunnerError('PRINCIPAL_NOT_FOUND', 'There is no such user or group.', {
    object: id,
    mend: 'Use the id that the collection shows.',
  });
}
