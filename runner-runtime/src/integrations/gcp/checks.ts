import type { Check } from '@axiom-runner/protocol';
import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { type Answer, answerOf, declaredChecks, failed, named } from '../../integration-kit/check-answers.js';
import { ApiNotEnabled } from '../../integration-kit/google/refusals.js';
import { path } from '../../integration-kit/http/path.js';
import { type Access, type GoogleCloud, googleCloud } from './api.js';
import { declaration } from './declaration.js';
import { isResourceName, type ResourceName } from './names.js';
import { hasPermissions } from './permissions.js';
import { resourceSchema } from './resources.js';
import { rolesPageSchema } from './roles.js';

/** What every collection, plan and proof reads, in the whole organization. */
const READ = [
  'resourcemanager.organizations.get',
  'resourcemanager.organizations.getIamPolicy',
  'resourcemanager.folders.get',
  'resourcemanager.folders.getIamPolicy',
  'resourcemanager.projects.get',
  'resourcemanager.projects.getIamPolicy',
  'iam.roles.get',
  'iam.roles.list',
  'iam.serviceAccounts.get',
  'iam.serviceAccounts.list',
];
/** With one of these whoever has the key can do more than the runner ever does. Tokens are allowed per service account, not in the whole organization. */
const NOT_NEEDED = [
  'iam.roles.update',
  'iam.serviceAccountKeys.create',
  'iam.serviceAccounts.actAs',
  'iam.serviceAccounts.getAccessToken',
  'iam.serviceAccounts.setIamPolicy',
  'resourcemanager.projects.delete',
];
/** Folders or projects that are looked at where the right is not on the whole organization. */
const SAMPLE = 10;

const sampleSchema = z.object({ folders: z.array(resourceSchema).default([]), projects: z.array(resourceSchema).default([]) });
const organizationsSchema = z.object({ organizations: z.array(resourceSchema).default([]) });

/** Runs the declared checks in their order; what depends on a failed one is skipped. */
export async function testConnection(access: Access): Promise<Check[]> {
  return declaredChecks(declaration, await answersOf(access));
}

async function answersOf(access: Access): Promise<Readonly<Record<string, Answer>>> {
  const cloud = googleCloud(access);
  const { key } = access.secret;
  const token = await answerOf(access, async () => {
    await cloud.tokens.token();
    return ok(`Google takes the key of ${key.email}.`);
  });
  if (token.outcome !== 'ok') return { token };
  const organization = await answerOf(access, () => organizationShown(cloud));
  if (organization.outcome !== 'ok') return { token, organization };
  return {
    token,
    organization,
    read: await answerOf(access, () => mayRead(cloud)),
    'grant-organization': await answerOf(access, () => mayGrantOnOrganization(cloud)),
    'grant-folders': await answerOf(access, () => mayGrantBelow(cloud, 'folders')),
    'grant-projects': await answerOf(access, () => mayGrantBelow(cloud, 'projects')),
    roles: await answerOf(access, () => rolesShown(cloud)),
    'access-tokens': await answerOf(access, () => credentialsEnabled(cloud)),
    'least-privilege': await answerOf(access, () => notTooMuch(cloud)),
    empty: await answerOf(access, () => hasProjects(cloud)),
  };
}

/** Google answers 403 for an organization that is not there and for one that may not be seen: what is seen instead tells them apart. */
async function organizationShown(cloud: GoogleCloud): Promise<Answer> {
  try {
    const shown = await cloud.resourceManager.read({ path: path`/v3/organizations/${cloud.organization}`, schema: resourceSchema });
    if (shown.state === 'ACTIVE') return ok(`The organization ${shown.displayName ?? cloud.organization} is active.`);
    return { outcome: 'failed', detail: `The organization ${cloud.organization} is being deleted.` };
  } catch (error) {
    const hidden = error instanceof RunnerError && ['TARGET_PERMISSION_DENIED', 'TARGET_NOT_FOUND'].includes(error.code);
    if (!hidden || error instanceof ApiNotEnabled) throw error;
  }
  const { organizations } = await cloud.resourceManager.read({ path: path`/v3/organizations:search`, schema: organizationsSchema });
  if (organizations.length > 0) {
    return {
      outcome: 'failed',
      detail: `The service account sees ${named(organizations.map(({ name }) => name))}, but not organizations/${cloud.organization}.`,
      mend: 'Check gcp_organization_id of the secret.',
    };
  }
  return {
    outcome: 'permission_missing',
    detail: `The service account does not see organizations/${cloud.organization}: it has no role there, or the number is wrong.`,
    mend: 'Give it the role of the documentation on the organization, and check gcp_organization_id of the secret.',
  };
}

async function mayRead(cloud: GoogleCloud): Promise<Answer> {
  const has = await hasPermissions(cloud, organizationOf(cloud), READ);
  const missing = READ.filter((permission) => !has.includes(permission));
  if (missing.length === 0) return ok('It may read everything that the runner looks at.');
  return {
    outcome: 'permission_missing',
    detail: `On the whole organization it lacks ${missing.join(', ')}.`,
    mend: 'Add them to the role that it has on the organization.',
  };
}

async function mayGrantOnOrganization(cloud: GoogleCloud): Promise<Answer> {
  const permission = 'resourcemanager.organizations.setIamPolicy';
  if ((await hasPermissions(cloud, organizationOf(cloud), [permission])).length > 0) return ok('It may grant roles on the organization.');
  return { outcome: 'warning', detail: `It lacks ${permission}: no roles can be granted on the organization itself.` };
}

/** Where the right is not on the whole organization, it may be on some of what is in it. */
async function mayGrantBelow(cloud: GoogleCloud, collection: 'folders' | 'projects'): Promise<Answer> {
  const permission = `resourcemanager.${collection}.setIamPolicy`;
  if ((await hasPermissions(cloud, organizationOf(cloud), [permission])).length > 0) return ok(`It may grant roles on all ${collection}.`);
  const page = await cloud.resourceManager.read({
    path: collection === 'folders' ? path`/v3/folders:search` : path`/v3/projects:search`,
    query: { pageSize: SAMPLE },
    schema: sampleSchema,
  });
  const names = page[collection]
    .filter(({ state }) => state === 'ACTIVE')
    .map(({ name, projectId }) => (projectId === undefined ? name : `projects/${projectId}`))
    .filter(isResourceName);
  const may: string[] = [];
  for (const name of names) if ((await hasPermissions(cloud, name, [permission])).length > 0) may.push(name);
  return {
    outcome: 'warning',
    detail:
      may.length === 0
        ? `It lacks ${permission} on the organization, and on each of the ${names.length} ${collection} that were looked at.`
        : `It may grant roles on ${named(may)} of the ${names.length} ${collection} that were looked at.`,
    mend: `Give it ${permission} where the runner shall grant roles.`,
  };
}

async function rolesShown(cloud: GoogleCloud): Promise<Answer> {
  const { roles } = await cloud.iam.read({ path: path`/v1/roles`, query: { pageSize: 1 }, schema: rolesPageSchema });
  return roles.length > 0 ? ok('Roles are shown.') : { outcome: 'empty', detail: 'No predefined role is shown.' };
}

/** A read that needs no right: only an interface that is not enabled refuses it. */
async function credentialsEnabled(cloud: GoogleCloud): Promise<Answer> {
  try {
    await cloud.credentials.read({
      path: path`/v1/projects/-/serviceAccounts/${cloud.access.secret.key.email}/allowedLocations`,
      schema: z.unknown(),
    });
  } catch (error) {
    if (error instanceof ApiNotEnabled) {
      const { detail, mend } = failed(error);
      return { outcome: 'warning', detail: `${detail} No access tokens can be made.`, ...(mend !== undefined && { mend }) };
    }
    if (!(error instanceof RunnerError) || !['TARGET_PERMISSION_DENIED', 'TARGET_NOT_FOUND', 'UNSUPPORTED'].includes(error.code))
      throw error;
  }
  return ok('Access tokens can be made of each service account on which the runner is a Token Creator.');
}

async function notTooMuch(cloud: GoogleCloud): Promise<Answer> {
  const has = await hasPermissions(cloud, organizationOf(cloud), NOT_NEEDED);
  if (has.length === 0) return ok('It has none of the rights that were asked for and are not needed.');
  return {
    outcome: 'warning',
    detail: `On the whole organization it has ${has.join(', ')}, which the runner does not need.`,
    mend: 'Replace its role by the one of the documentation; make it a Token Creator of single service accounts only.',
  };
}

async function hasProjects(cloud: GoogleCloud): Promise<Answer> {
  const { projects } = await cloud.resourceManager.read({
    path: path`/v3/projects:search`,
    query: { pageSize: SAMPLE },
    schema: sampleSchema,
  });
  if (projects.some(({ state }) => state === 'ACTIVE')) return ok('It sees projects.');
  return {
    outcome: 'empty',
    detail: 'It sees no project.',
    mend: 'Give it resourcemanager.projects.get on the organization: Google leaves out of a list what may not be seen.',
  };
}

function organizationOf({ organization }: GoogleCloud): ResourceName {
  return `organizations/${organization}`;
}

function ok(detail: string): Answer {
  return { outcome: 'ok', detail };
}
