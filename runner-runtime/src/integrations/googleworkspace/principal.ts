import type { Principal } from '@axiom-runner/protocol';
import { RunnerError } from '../../errors.js';
import type { WorkspaceAccess } from './client.js';
import { findGroup, findUser } from './directory.js';
import { isRunnersOwn, isSameEmail } from './names.js';

/** A principal of the directory. */
export interface Resolved {
  /** As it was asked for, by id or address. */
  readonly asked: Principal;
  readonly id: string;
}

/**
 * The principal that is asked for.
 * @throws {RunnerError} `PRINCIPAL_NOT_FOUND`; `UNSUPPORTED` for another kind, for none, and for what the runner itself is
 */
export async function resolvePrincipal(access: WorkspaceAccess, principal: Principal | undefined): Promise<Resolved> {
  if (principal === undefined) {
    throw new RunnerError('UNSUPPORTED', 'Google Workspace has no temporary credentials.', {
      mend: 'Ask for access for an existing user or group.',
    });
  }
  if (principal.kind === 'user') return { asked: principal, id: await userId(access, principal.id) };
  if (principal.kind === 'group') return { asked: principal, id: await groupId(access, principal.id) };
  throw new RunnerError('UNSUPPORTED', 'Access can be given to users and groups only.', { object: principal.kind });
}

async function userId(access: WorkspaceAccess, key: string): Promise<string> {
  const user = await findUser(access, key);
  if (user === undefined) throw notFound('user', key);
  const { subject, key: own } = access.secret;
  if ([user.primaryEmail, ...user.aliases].some((email) => isSameEmail(email, subject) || isSameEmail(email, own.email))) {
    throw new RunnerError('UNSUPPORTED', 'The runner gives no access to the administrator that it acts as.', {
      object: user.primaryEmail,
      mend: "Use a user of its own for impersonation_email, that is nobody's account.",
    });
  }
  return user.id;
}

async function groupId(access: WorkspaceAccess, key: string): Promise<string> {
  const group = await findGroup(access, key);
  if (group === undefined) throw notFound('group', key);
  if (isRunnersOwn(group.email)) throw runnersOwn(group.email);
  return group.id;
}

/** A group with a name that only runners give. */
export function runnersOwn(email: string): RunnerError {
  return new RunnerError('UNSUPPORTED', 'Names that start with axm are for what runners make.', { object: email });
}

function notFound(kind: string, key: string): RunnerError {
  return new RunnerError('PRINCIPAL_NOT_FOUND', `There is no such ${kind}.`, {
    object: key,
    mend: 'Use the id that the collection shows, or the primary e-mail address.',
  });
}
