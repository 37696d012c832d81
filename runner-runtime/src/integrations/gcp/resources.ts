import type { Target } from '@axiom-runner/protocol';
import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { path } from '../../integration-kit/http/path.js';
import { type Access, type GoogleCloud, googleCloud } from './api.js';
import { COLLECTIONS, isResourceKind, isResourceName, partsOf, type ResourceKind, type ResourceName, resourceName } from './names.js';
import { hasPermissions } from './permissions.js';

/** Folders are nested ten deep at most: https://cloud.google.com/resource-manager/docs/limits */
const DEEPEST = 15;

export const resourceSchema = z.object({
  name: z.string(),
  parent: z.string().optional(),
  state: z.string().optional(),
  displayName: z.string().optional(),
  projectId: z.string().optional(),
});
/** What Resource Manager says of an organization, a folder or a project. */
export type ResourceInfo = z.infer<typeof resourceSchema>;

/**
 * The resource that a target is: there, in use, and in the organization.
 * @throws {RunnerError} `UNSUPPORTED` for a kind of target that is no resource, `TARGET_NOT_FOUND`
 */
export async function resolveResource(access: Access, { kind, path: ids }: Target): Promise<ResourceName> {
  if (!isResourceKind(kind)) throw new RunnerError('UNSUPPORTED', 'Google Cloud has no such kind of target.', { object: kind });
  const cloud = googleCloud(access);
  const length = kind === 'organization' ? 1 : 2;
  const name = ids.length === length ? resourceName(kind, ids[length - 1] ?? '') : undefined;
  if (name === undefined || ids[0] !== cloud.organization) throw notFound(`${kind} ${ids.join('/')}`);
  const { state } = await readResource(cloud, name);
  if (state !== 'ACTIVE') throw notFound(name, 'It is being deleted.');
  if (!(await isWithin(cloud, name))) throw notFound(name, 'It belongs to another organization.');
  return name;
}

/** Reads a resource once in a step. @throws {RunnerError} `TARGET_NOT_FOUND`, `TARGET_PERMISSION_DENIED` */
export function readResource(cloud: GoogleCloud, name: ResourceName): Promise<ResourceInfo> {
  const known = cloud.known.get(name) ?? read(cloud, name);
  cloud.known.set(name, known);
  return known;
}

/** Names of the resources above, nearest first, up to the organization. */
export async function ancestorsOf(cloud: GoogleCloud, name: ResourceName): Promise<readonly ResourceName[]> {
  const found: ResourceName[] = [];
  let at = name;
  while (found.length < DEEPEST && !at.startsWith('organizations/')) {
    const { parent = '' } = await readResource(cloud, at);
    if (!isResourceName(parent)) break;
    found.push(parent);
    at = parent;
  }
  return found;
}

/** Whether a resource is the organization of the secret, or in it. */
export async function isWithin(cloud: GoogleCloud, name: ResourceName): Promise<boolean> {
  const organization: ResourceName = `organizations/${cloud.organization}`;
  return name === organization || (await ancestorsOf(cloud, name)).includes(organization);
}

/**
 * Whether a refusal with 403 means that the resource is not there: Google says the same of both, but whoever has the right on the whole
 * organization lacks it on nothing in it. https://cloud.google.com/resource-manager/reference/rest/v3/projects/get
 * @param verb the last part of the permission that was needed: `get`, `getIamPolicy`
 */
export async function isGone(cloud: GoogleCloud, name: ResourceName, verb: 'get' | 'getIamPolicy'): Promise<boolean> {
  const [collection] = partsOf(name);
  if (collection === 'organizations') return false;
  const needed = [`resourcemanager.${collection}.get`, `resourcemanager.${collection}.${verb}`];
  return (await hasPermissions(cloud, `organizations/${cloud.organization}`, needed)).length === new Set(needed).size;
}

export function kindOf(name: ResourceName): ResourceKind {
  const [collection] = partsOf(name);
  return collection === COLLECTIONS.project ? 'project' : collection === COLLECTIONS.folder ? 'folder' : 'organization';
}

async function read(cloud: GoogleCloud, name: ResourceName): Promise<ResourceInfo> {
  const [collection, id] = partsOf(name);
  try {
    return await cloud.resourceManager.read({ path: path`/v3/${collection}/${id}`, schema: resourceSchema });
  } catch (error) {
    cloud.known.delete(name);
    if (!(error instanceof RunnerError) || error.code !== 'TARGET_PERMISSION_DENIED') throw error;
    if (await isGone(cloud, name, 'get')) throw notFound(name);
    throw error;
  }
}

function notFound(object: string, why = 'There is no such resource in the organization.'): RunnerError {
  return new RunnerError('TARGET_NOT_FOUND', why, { object, mend: 'Use the ids as the collection shows them.' });
}
