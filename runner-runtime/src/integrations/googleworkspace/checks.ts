import type { Check } from '@axiom-runner/protocol';
import { z } from 'zod';
import { asRunnerError, RunnerError } from '../../errors.js';
import { type Answer, declaredChecks, failed } from '../../integration-kit/check-answers.js';
import { ApiNotEnabled } from '../../integration-kit/google/refusals.js';
import { path } from '../../integration-kit/http/path.js';
import { type WorkspaceAccess, workspace } from './client.js';
import { declaration } from './declaration.js';
import { userSchema } from './directory.js';
import { SCOPES, type ScopeName } from './scopes.js';

const customerSchema = z.object({ id: z.string().min(1) });
const SCOPE_NAMES = Object.keys(SCOPES) as ScopeName[];

/** What was found so far; a failed check is in it too. */
type Answers = Record<string, Answer>;

/** Runs the declared checks in their order; what depends on a failed one is skipped. */
export async function testConnection(access: WorkspaceAccess): Promise<Check[]> {
  const refused = await refusedScopes(access);
  const answers: Answers = { token: tokenAnswer(access, refused) };
  if (answers['token']?.outcome !== 'ok') return declaredChecks(declaration, answers);
  answers['scope-customer'] = scopeAnswer('customer', refused);
  if (answers['scope-customer'].outcome === 'ok') Object.assign(answers, await organization(access));
  if (answers['api'] !== undefined && answers['api'].outcome !== 'ok') return declaredChecks(declaration, answers);
  const reads: Readonly<Record<string, () => Promise<boolean>>> = {
    users: () => hasUsers(access),
    groups: () => hasGroups(access),
    roles: () => canReadRoles(access),
    'org-units': () => canReadOrgUnits(access),
  };
  const found: Record<string, boolean> = {};
  for (const name of ['users', 'groups', 'members', 'roles', 'org-units'] as const) {
    answers[`scope-${name}`] = await attempt(async () => {
      const answer = scopeAnswer(name, refused);
      if (answer.outcome === 'ok') found[name] = (await reads[name]?.()) ?? true;
      return answer;
    });
  }
  answers['administrator'] =
    found['users'] === undefined ? skipped('Needs users that can be read.') : await attempt(() => administrator(access));
  answers['native-expiry'] = await nativeExpiry(access, refused);
  answers['empty'] = emptyAnswer(found);
  return declaredChecks(declaration, answers);
}

/** Asks for a token for each scope: together they would be refused for one that is not delegated. */
async function refusedScopes(access: WorkspaceAccess): Promise<ReadonlyMap<ScopeName, RunnerError>> {
  const refused = new Map<ScopeName, RunnerError>();
  for (const name of SCOPE_NAMES) {
    try {
      await workspace(access).tokens(name).token();
    } catch (error) {
      if (access.signal.aborted) throw error;
      const known = asRunnerError(error);
      refused.set(name, known);
      // Not one scope, but all of it.
      if (known.code !== 'TARGET_PERMISSION_DENIED') break;
    }
  }
  return refused;
}

function tokenAnswer({ secret }: WorkspaceAccess, refused: ReadonlyMap<ScopeName, RunnerError>): Answer {
  const fatal = [...refused.values()].find(({ code }) => code !== 'TARGET_PERMISSION_DENIED');
  if (fatal !== undefined) return failed(fatal);
  if (refused.size < SCOPE_NAMES.length) return { outcome: 'ok', detail: `${secret.key.email} acts as ${secret.subject}.` };
  return {
    outcome: 'authentication_failed',
    detail: `The service account ${secret.key.email} has no domain-wide delegation.`,
    mend: `Add client id ${secret.key.clientId} with the scopes of the documentation in the Admin console, Security > Access and data control > API controls > Domain-wide delegation; it may take a day to have effect.`,
  };
}

function scopeAnswer(name: ScopeName, refused: ReadonlyMap<ScopeName, RunnerError>): Answer {
  const error = refused.get(name);
  return error === undefined ? { outcome: 'ok', detail: `Delegated: ${SCOPES[name]}` } : failed(error);
}

async function organization(access: WorkspaceAccess): Promise<Answers> {
  let id: string | undefined;
  const api = await attempt(async () => {
    const call = { path: path`/customers/my_customer`, schema: customerSchema };
    id = (await workspace(access).directory('customer').read(call)).id;
    return { outcome: 'ok', detail: 'The Admin SDK API answers.' };
  });
  if (id === undefined) return { api };
  if (id === access.secret.customerId) return { api, customer: { outcome: 'ok', detail: `The organization is ${id}.` } };
  const mend = 'Check customer_id of the secret (Admin console, Account > Account settings) and impersonation_email.';
  return { api, customer: { outcome: 'failed', detail: `The administrator belongs to ${id}, not to ${access.secret.customerId}.`, mend } };
}

async function hasUsers(access: WorkspaceAccess): Promise<boolean> {
  const query = { customer: access.secret.customerId, maxResults: 1 };
  const schema = z.object({ users: z.array(z.unknown()).default([]) });
  return (await workspace(access).directory('users').read({ path: path`/users`, query, schema })).users.length > 0;
}

async function hasGroups(access: WorkspaceAccess): Promise<boolean> {
  const query = { customer: access.secret.customerId, maxResults: 1 };
  const schema = z.object({ groups: z.array(z.unknown()).default([]) });
  return (await workspace(access).directory('groups').read({ path: path`/groups`, query, schema })).groups.length > 0;
}

async function canReadRoles(access: WorkspaceAccess): Promise<true> {
  const call = { path: path`/customer/${access.secret.customerId}/roleassignments`, query: { maxResults: 1 }, schema: z.unknown() };
  await workspace(access).directory('roles').read(call);
  return true;
}

async function canReadOrgUnits(access: WorkspaceAccess): Promise<true> {
  const call = { path: path`/customer/${access.secret.customerId}/orgunits`, query: { type: 'children' }, schema: z.unknown() };
  await workspace(access).directory('org-units').read(call);
  return true;
}

/** Only super administrators may give roles of administrators, https://support.google.com/a/answer/9807615 */
async function administrator(access: WorkspaceAccess): Promise<Answer> {
  const { subject } = access.secret;
  const { isAdmin } = await workspace(access)
    .directory('users')
    .read({ path: path`/users/${subject}`, schema: userSchema });
  if (isAdmin) return { outcome: 'ok', detail: `${subject} is a super administrator.` };
  return {
    outcome: 'warning',
    detail: `${subject} is no super administrator: roles of administrators can be read, but not given.`,
    mend: 'Nothing, where only memberships of groups are given. Otherwise let the service account act as a super administrator.',
  };
}

async function nativeExpiry(access: WorkspaceAccess, refused: ReadonlyMap<ScopeName, RunnerError>): Promise<Answer> {
  const without = 'Memberships end by the runner alone:';
  const scope = scopeAnswer('expiry', refused);
  if (scope.outcome !== 'ok') return { ...scope, outcome: 'warning', detail: `${without} ${scope.detail}` };
  try {
    const query = { parent: `customers/${access.secret.customerId}`, pageSize: 1 };
    await workspace(access).identity().read({ path: path`/groups`, query, schema: z.unknown() });
    return {
      outcome: 'ok',
      detail: 'The Cloud Identity API answers; whether the edition has expiry of memberships is seen with the first one.',
    };
  } catch (error) {
    const known = asRunnerError(error);
    if (access.signal.aborted || !(known instanceof ApiNotEnabled || known.code === 'TARGET_PERMISSION_DENIED')) return failed(known);
    return { ...failed(known), outcome: 'warning', detail: `${without} ${known.message}` };
  }
}

function emptyAnswer(found: Readonly<Record<string, boolean>>): Answer {
  if (found['users'] === undefined || found['groups'] === undefined) return skipped('Needs users and groups that can be read.');
  if (!found['users'])
    return { outcome: 'empty', detail: 'No user is seen.', mend: 'Check customer_id, and the privileges of the administrator.' };
  if (!found['groups'])
    return { outcome: 'empty', detail: 'No group is seen.', mend: 'Make a group, or check the privileges of the administrator.' };
  return { outcome: 'ok', detail: 'There are users and groups.' };
}

async function attempt(look: () => Promise<Answer>): Promise<Answer> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof RunnerError) return failed(error);
    throw error;
  }
}

function skipped(detail: string): Answer {
  return { outcome: 'skipped', detail };
}
