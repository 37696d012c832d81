import type { Check } from '@axiom-runner/protocol';
import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { type Answer, declaredChecks, failed, named } from '../../integration-kit/check-answers.js';
import { path, type SafePath } from '../../integration-kit/http/path.js';
import { declaration } from './declaration.js';
import { type Access, type Graph, openGraph } from './graph.js';
import { objectId } from './ids.js';
import { readPiece } from './odata.js';
import { isRefusal } from './refusals.js';
import { excessive, mayDo, RIGHTS, type Right } from './rights.js';

/** Runs the declared checks in their order; what depends on a failed sign-in is skipped. */
export async function testConnection(access: Access): Promise<Check[]> {
  let answers: Readonly<Record<string, Answer>>;
  try {
    answers = await answer(access, await openGraph(access));
  } catch (error) {
    if (!(error instanceof RunnerError) || access.signal.aborted) throw error;
    answers = { token: failed(error) };
  }
  return declaredChecks(declaration, answers);
}

async function answer(access: Access, graph: Graph): Promise<Readonly<Record<string, Answer>>> {
  const { token } = graph;
  const signedIn: Answer = { outcome: 'ok', detail: `Signed in to the tenant ${token.tenantId} as ${access.secret.clientId}.` };
  const consent = consented(graph);
  if (consent.outcome === 'permission_missing') return { token: signedIn, consent };
  const users = await seen(graph, path`/users`, 'read users');
  const groups = await seen(graph, path`/groups`, 'read groups');
  const apps = await seen(graph, path`/servicePrincipals`, 'read applications');
  const roles = await seen(graph, path`/roleManagement/directory/roleDefinitions`, 'read directory roles');
  const changes = ['change memberships', 'schedule directory roles', 'assign app roles'] as const;
  return {
    token: signedIn,
    consent,
    tenant: await checked(() => tenant(access, graph)),
    users: users.answer,
    groups: groups.answer,
    'group-membership': changes.some((right) => mayDo(token, right)) ? change(graph, groups, 'change memberships') : nothingToGive(),
    'directory-roles': change(graph, roles, 'schedule directory roles'),
    'role-expiry': await checked(() => roleExpiry(graph)),
    'app-roles': change(graph, apps, 'assign app roles'),
    'least-privilege': leastPrivilege(graph),
    empty: empty(users.count, groups.count),
  };
}

/** Delegated permissions, and application permissions that nobody has consented to, give a token that can do nothing. */
function consented({ token }: Graph): Answer {
  if (token.directoryRoles.length > 0) {
    return {
      outcome: 'warning',
      detail: 'The application has directory roles of its own, which its token does not spell out.',
      mend: 'Prefer application permissions of Microsoft Graph.',
    };
  }
  if (token.roles.length > 0) return { outcome: 'ok', detail: `Consented to: ${token.roles.toSorted().join(', ')}.` };
  return {
    outcome: 'permission_missing',
    detail: 'The token holds no application permission.',
    mend: 'Add application permissions, not delegated ones, and grant admin consent (App registrations > API permissions).',
  };
}

/** The token names the tenant by its id; a secret that is named after a domain needs the right to read the organization. */
async function tenant({ system }: Access, graph: Graph): Promise<Answer> {
  const { tenantId } = graph.token;
  const wanted = system.id.toLowerCase();
  if (wanted === tenantId || (objectId(wanted) === undefined && (await domains(graph)).includes(wanted))) {
    return { outcome: 'ok', detail: `The tenant is ${tenantId}.` };
  }
  return {
    outcome: 'failed',
    detail: `The secret opens the tenant ${tenantId}, not ${system.id}.`,
    mend: `Name the secret axiom-security/azuread/${tenantId}, or store the credential of the other tenant in it.`,
  };
}

const organizationSchema = z.object({ id: z.string(), verifiedDomains: z.array(z.object({ name: z.string() })).nullish() });

async function domains(graph: Graph): Promise<readonly string[]> {
  const query = { $select: 'id,verifiedDomains' };
  const { elements } = await readPiece(graph, { path: path`/organization`, query, element: organizationSchema });
  return elements.flatMap(({ verifiedDomains }) => (verifiedDomains ?? []).map(({ name }) => name.toLowerCase()));
}

/** A list that was looked into. */
interface Seen {
  readonly answer: Answer;
  /** Elements of its first piece, or nothing where it could not be read. */
  readonly count: number | undefined;
}

async function seen(graph: Graph, of: SafePath, right: Right): Promise<Seen> {
  try {
    const { elements } = await readPiece(graph, { path: of, query: { $select: 'id' }, element: z.object({ id: z.string() }) });
    return { answer: { outcome: 'ok', detail: `The application may ${right}.` }, count: elements.length };
  } catch (error) {
    if (!(error instanceof RunnerError)) throw error;
    return { answer: error.code === 'TARGET_PERMISSION_DENIED' ? missing(right) : failed(error), count: undefined };
  }
}

/** What is not granted shall perhaps not be: it is said, and no fault. */
function change({ token }: Graph, { answer: read }: Seen, right: Right): Answer {
  if (read.outcome !== 'ok') return { ...read, outcome: read.outcome === 'permission_missing' ? 'warning' : read.outcome };
  if (mayDo(token, right)) return { outcome: 'ok', detail: `The application may ${right}.` };
  return { ...missing(right), outcome: 'warning' };
}

function missing(right: Right): Answer {
  return {
    outcome: 'permission_missing',
    detail: `The application may not ${right}.`,
    mend: `If the runner shall do so, grant the application permission ${RIGHTS[right][0]} of Microsoft Graph, with admin consent.`,
  };
}

function nothingToGive(): Answer {
  return {
    ...missing('change memberships'),
    detail: 'The application may read only: no membership, no directory role and no app role can be given.',
  };
}

async function roleExpiry(graph: Graph): Promise<Answer> {
  if (!mayDo(graph.token, 'schedule directory roles')) return { outcome: 'skipped', detail: 'No directory roles are assigned.' };
  try {
    await readPiece(graph, { path: path`/roleManagement/directory/roleAssignmentSchedules`, element: z.unknown() });
    return { outcome: 'ok', detail: 'Privileged Identity Management ends assigned roles by itself, should the runner not.' };
  } catch (error) {
    if (!isRefusal(error, 'unlicensed')) throw error;
    const plain = mayDo(graph.token, 'assign directory roles');
    return {
      outcome: 'warning',
      detail: `The tenant has no licence for Privileged Identity Management: ${plain ? 'only the runner ends directory roles' : 'no directory role can be given'}.`,
      mend: plain
        ? 'Keep a runner up, or license Microsoft Entra ID P2 or Governance.'
        : `Grant ${RIGHTS['assign directory roles'][0]}, or license Microsoft Entra ID P2 or Governance.`,
    };
  }
}

function leastPrivilege({ token }: Graph): Answer {
  const more = excessive(token);
  if (more.length === 0) return { outcome: 'ok', detail: 'The application has no permission of far reach that the runner does not use.' };
  return { outcome: 'warning', detail: `The runner does not need ${named(more)}.`, mend: 'Remove these permissions of the application.' };
}

function empty(users: number | undefined, groups: number | undefined): Answer {
  if (users === undefined || groups === undefined) return { outcome: 'skipped', detail: 'Needs users and groups to be read.' };
  if (users > 0) return { outcome: 'ok', detail: groups > 0 ? 'There are users and groups.' : 'There are users, and no groups.' };
  return { outcome: 'empty', detail: 'The tenant shows no user.', mend: 'Check that azuread_tenant_id is the tenant of your users.' };
}

async function checked(check: () => Promise<Answer>): Promise<Answer> {
  try {
    return await check();
  } catch (error) {
    if (error instanceof RunnerError) return failed(error);
    throw error;
  }
}
