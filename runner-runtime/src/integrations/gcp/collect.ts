import type { Item, Target } from '@axiom-runner/protocol';
import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { type ListPage, list, type Source, within } from '../../integration-kit/collection/source.js';
import { collectStages, type Stage, stage } from '../../integration-kit/collection/stages.js';
import { path, type SafePath } from '../../integration-kit/http/path.js';
import type { CollectPage } from '../integration.js';
import { type Access, type GoogleCloud, googleCloud } from './api.js';
import { assignmentsOf } from './assignments.js';
import { declaration, TOKEN } from './declaration.js';
import { isResourceName, type ResourceName } from './names.js';
import { readPolicy } from './policy.js';
import { accountSchema, type ServiceAccount } from './principals.js';
import { isWithin, kindOf, type ResourceInfo, readResource, resourceSchema } from './resources.js';
import { rolesPageSchema } from './roles.js';

/** Reads one page, whatever part of the organization it is of. */
export function collect(access: Access, cursor: string | undefined, limit: number): Promise<CollectPage> {
  return collectStages(STAGES, googleCloud(access), cursor, limit);
}

/** Google gives no limit for searches; for roles and accounts it does. */
const MOST_RESOURCES = 300;
const MOST_ROLES = 1000;
const MOST_ACCOUNTS = 100;
/** A policy comes whole; that many items are expected of one. */
const POLICY_ITEMS = 50;
const RESOURCE_KINDS = ['organization', 'folder', 'project'] as const;

const searchSchema = z.object({
  folders: z.array(resourceSchema).default([]),
  projects: z.array(resourceSchema).default([]),
  nextPageToken: z.string().optional(),
});
const accountsSchema = z.object({ accounts: z.array(accountSchema).default([]), nextPageToken: z.string().optional() });

/** A resource with its place in the organization. */
interface Place {
  readonly name: ResourceName;
  readonly target: Target;
  readonly displayName?: string;
}

const organization = list(1, async (cloud: GoogleCloud): Promise<ListPage<Place>> => {
  const name: ResourceName = `organizations/${cloud.organization}`;
  return { elements: [placeOf(cloud, name, await readResource(cloud, name))] };
});
const folders = searched('folders', path`/v3/folders:search`);
const projects = searched('projects', path`/v3/projects:search`);

const accounts = within(projects, {
  key: ({ name }) => name,
  name: ({ name }) => `service accounts of ${name}`,
  most: MOST_ACCOUNTS,
  read: async ({ iam }: GoogleCloud, { target }, token, size) => {
    const query = { pageSize: size, pageToken: token };
    const page = await iam.read({ path: path`/v1/projects/${idOf(target)}/serviceAccounts`, query, schema: accountsSchema });
    return { elements: page.accounts, next: nextOf(page) };
  },
});

const STAGES: readonly Stage<GoogleCloud>[] = [
  stage('organization', organization, (place) => [itemOf(place)]),
  stage('folders', folders, (place) => [itemOf(place)]),
  stage('projects', projects, (place) => [itemOf(place)]),
  stage('accounts', accounts, accountItems),
  stage(
    'token',
    list(1, async () => ({ elements: declaration.permissions.filter(({ name }) => name === TOKEN) })),
    ({ name, targets, meaning }) =>
      targets.map((targetKind): Item => ({ item: 'permission', permission: name, targetKind, description: meaning })),
  ),
  stage(
    'predefined-roles',
    list(MOST_ROLES, (cloud: GoogleCloud, token, size) => roles(cloud, path`/v1/roles`, token, size)),
    (role) => permissionItems(role),
  ),
  stage(
    'organization-roles',
    list(MOST_ROLES, (cloud: GoogleCloud, token, size) => roles(cloud, path`/v1/organizations/${cloud.organization}/roles`, token, size)),
    (role) => permissionItems(role),
    { optional: true },
  ),
  stage(
    'project-roles',
    within(projects, {
      key: ({ name }) => name,
      name: ({ name }) => `roles of ${name}`,
      most: MOST_ROLES,
      read: (cloud: GoogleCloud, { target }, token, size) => roles(cloud, path`/v1/projects/${idOf(target)}/roles`, token, size),
    }),
    ([{ target }, role]) => permissionItems(role, target),
  ),
  stage('organization-policy', policiesOf(organization), ([, item]) => [item]),
  stage('folder-policies', policiesOf(folders), ([, item]) => [item]),
  stage('project-policies', policiesOf(projects), ([, item]) => [item]),
];

/** Every resource of a collection that is in the organization and in use; a search shows those of other organizations too. */
function searched(collection: 'folders' | 'projects', where: SafePath): Source<GoogleCloud, Place> {
  return list(MOST_RESOURCES, async (cloud: GoogleCloud, token, size): Promise<ListPage<Place>> => {
    const query = { pageSize: size, pageToken: token };
    const page = await cloud.resourceManager.read({ path: where, query, schema: searchSchema });
    const elements: Place[] = [];
    const warnings: string[] = [];
    for (const found of page[collection]) {
      const name = collection === 'projects' ? `projects/${found.projectId ?? ''}` : found.name;
      if (found.state !== 'ACTIVE' || !isResourceName(name)) continue;
      cloud.known.set(name, Promise.resolve(found));
      const belongs = await belongsTo(cloud, name);
      if (belongs === undefined) warnings.push(`${name} is left out: what it is in may not be read`);
      else if (belongs) elements.push(placeOf(cloud, name, found));
    }
    return { elements, next: nextOf(page), warnings };
  });
}

/** Whether a resource is in the organization; nothing where that may not be seen. */
async function belongsTo(cloud: GoogleCloud, name: ResourceName): Promise<boolean | undefined> {
  try {
    return await isWithin(cloud, name);
  } catch (error) {
    if (!(error instanceof RunnerError)) throw error;
    if (error.code === 'TARGET_PERMISSION_DENIED') return undefined;
    if (error.code === 'TARGET_NOT_FOUND') return false;
    throw error;
  }
}

function policiesOf(places: Source<GoogleCloud, Place>) {
  return within(places, {
    key: ({ name }) => name,
    name: ({ name }) => `the allow policy of ${name}`,
    most: POLICY_ITEMS,
    read: async ({ access }: GoogleCloud, { name, target }): Promise<ListPage<Item>> => ({
      elements: assignmentsOf(await readPolicy(access, name), target),
    }),
  });
}

async function roles({ iam }: GoogleCloud, where: SafePath, token: string | undefined, size: number) {
  const page = await iam.read({ path: where, query: { pageSize: size, pageToken: token }, schema: rolesPageSchema });
  return { elements: page.roles, next: nextOf(page) };
}

function permissionItems(
  { name, title, stage: launched, deleted }: z.infer<typeof rolesPageSchema>['roles'][number],
  target?: Target,
): Item[] {
  // The owner's role is never granted; what is disabled cannot be.
  if (name === 'roles/owner' || deleted === true || launched === 'DISABLED') return [];
  const described = title === undefined ? {} : { description: title };
  const kinds: readonly string[] = target === undefined ? RESOURCE_KINDS : [target.kind];
  return kinds.map((targetKind) => ({ item: 'permission', permission: name, targetKind, ...(target && { target }), ...described }));
}

function accountItems([{ target }, { email, displayName, disabled }]: readonly [Place, ServiceAccount]): Item[] {
  const named = displayName === undefined || displayName === '' ? {} : { displayName };
  return [
    { item: 'principal', principal: { kind: 'serviceaccount', id: email }, enabled: disabled !== true, ...named },
    { item: 'target', target: { kind: 'serviceaccount', path: [...target.path, email] }, ...named },
  ];
}

function itemOf({ target, displayName }: Place): Item {
  return { item: 'target', target, ...(displayName !== undefined && { displayName }) };
}

function placeOf({ organization: org }: GoogleCloud, name: ResourceName, { displayName }: ResourceInfo): Place {
  const kind = kindOf(name);
  const id = name.split('/')[1] ?? '';
  return { name, target: { kind, path: kind === 'organization' ? [org] : [org, id] }, ...(displayName !== undefined && { displayName }) };
}

function idOf({ path: ids }: Target): string {
  return ids.at(-1) ?? '';
}

/** Google sends an empty text where others send nothing. */
function nextOf({ nextPageToken }: { readonly nextPageToken?: string | undefined }): string | undefined {
  return nextPageToken === '' ? undefined : nextPageToken;
}
