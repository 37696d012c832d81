import type { Principal } from '@axiom-runner/protocol';
import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { isNotFound } from '../../integration-kit/http/json-client.js';
import { path } from '../../integration-kit/http/path.js';
import { type Access, googleCloud } from './api.js';
import { isServiceAccountEmail, normalEmail, projectOfAccount } from './names.js';

/** What stands in bindings before the address, by kind of principal: https://cloud.google.com/iam/docs/principal-identifiers */
const PREFIXES = { user: 'user', group: 'group', serviceaccount: 'serviceAccount' } as const;

export const accountSchema = z.object({
  email: z.string(),
  projectId: z.string().optional(),
  uniqueId: z.string().optional(),
  displayName: z.string().optional(),
  disabled: z.boolean().optional(),
});
/** A service account, as IAM describes it. */
export type ServiceAccount = z.infer<typeof accountSchema>;

/**
 * A principal as it stands in bindings: `user:ada@example.com`. IAM knows no list of users and groups, so whether one exists shows when the
 * binding is made.
 * @throws {RunnerError} `UNSUPPORTED` for another kind and for the runner itself, `PRINCIPAL_NOT_FOUND`
 */
export async function resolveMember(access: Access, { kind, id }: Principal): Promise<string> {
  if (!isKnownKind(kind)) throw new RunnerError('UNSUPPORTED', 'Roles are given to users, groups and service accounts.', { object: kind });
  const email = normalEmail(id);
  if (email === undefined || isServiceAccountEmail(email) !== (kind === 'serviceaccount')) {
    throw new RunnerError('PRINCIPAL_NOT_FOUND', `This is not the e-mail address of a ${kind}.`, { object: id });
  }
  refuseRunner(access, email);
  if (kind === 'serviceaccount') await requireAccount(access, email);
  return `${PREFIXES[kind]}:${email}`;
}

/** The runner grants nothing to itself, and lends itself to nobody. @throws {RunnerError} `UNSUPPORTED` */
export function refuseRunner({ secret }: Access, email: string): void {
  if (email !== secret.key.email.toLowerCase()) return;
  throw new RunnerError('UNSUPPORTED', "This is the runner's own service account.", { object: email });
}

/** Whether two members are the same: addresses are compared as Google does. */
export function isSameMember(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function isKnownKind(kind: string): kind is keyof typeof PREFIXES {
  return Object.hasOwn(PREFIXES, kind);
}

/** One of another organization, or of Google itself, may be invisible and is left to Google to judge. */
async function requireAccount(access: Access, email: string): Promise<void> {
  const project = projectOfAccount(email);
  if (project === undefined) return;
  try {
    await googleCloud(access).iam.read({ path: path`/v1/projects/${project}/serviceAccounts/${email}`, schema: accountSchema });
  } catch (error) {
    if (isNotFound(error)) throw new RunnerError('PRINCIPAL_NOT_FOUND', 'There is no such service account.', { object: email });
    if (!(error instanceof RunnerError) || error.code !== 'TARGET_PERMISSION_DENIED') throw error;
  }
}
