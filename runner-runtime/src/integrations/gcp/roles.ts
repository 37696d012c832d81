import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { path, type SafePath } from '../../integration-kit/http/path.js';
import { type Access, type GoogleCloud, googleCloud } from './api.js';
import { parseRole, type ResourceName } from './names.js';
import { ancestorsOf } from './resources.js';

/** Roles from before IAM, on which Google takes no conditions: https://cloud.google.com/iam/docs/roles-overview#basic */
export const BASIC_ROLES: readonly string[] = ['roles/editor', 'roles/viewer'];

/** Whoever has one of these gives himself what outlives the access. */
const OUTLASTING = [
  'resourcemanager.organizations.setIamPolicy',
  'resourcemanager.folders.setIamPolicy',
  'resourcemanager.projects.setIamPolicy',
  'iam.roles.create',
  'iam.roles.update',
];

/** Whoever has one of these on the runner's service account is the runner: https://cloud.google.com/iam/docs/service-account-permissions */
const IMPERSONATING = [
  'iam.serviceAccounts.actAs',
  'iam.serviceAccounts.getAccessToken',
  'iam.serviceAccounts.getOpenIdToken',
  'iam.serviceAccounts.implicitDelegation',
  'iam.serviceAccounts.setIamPolicy',
  'iam.serviceAccounts.signBlob',
  'iam.serviceAccounts.signJwt',
  'iam.serviceAccountKeys.create',
];

export const roleSchema = z.object({
  name: z.string(),
  title: z.string().optional(),
  description: z.string().optional(),
  stage: z.string().optional(),
  deleted: z.boolean().optional(),
  includedPermissions: z.array(z.string()).default([]),
});
type Role = z.infer<typeof roleSchema>;
export const rolesPageSchema = z.object({ roles: z.array(roleSchema).default([]), nextPageToken: z.string().optional() });

/**
 * Makes sure that a role is there, can be granted on the resource, and leads neither beyond the access's end nor into the runner.
 * @throws {RunnerError} `PERMISSION_NOT_FOUND`, `UNSUPPORTED`
 */
export async function requireGrantable(access: Access, name: string, on: ResourceName): Promise<void> {
  const cloud = googleCloud(access);
  const parsed = parseRole(name);
  if (parsed === undefined || (parsed.collection === 'organizations' && parsed.owner !== cloud.organization)) throw notFound(name);
  if (parsed.collection === 'projects' && on !== `projects/${parsed.owner}`) {
    throw notFound(name, 'A role that a project defines can be granted in this project only.');
  }
  const { includedPermissions, deleted, stage } = await readRole(cloud, name);
  if (deleted === true || stage === 'DISABLED') throw notFound(name, 'The role is deleted or disabled.');
  const outlasting = includedPermissions.find((permission) => OUTLASTING.includes(permission));
  if (outlasting !== undefined) {
    throw new RunnerError('UNSUPPORTED', 'Whoever has this role can give himself access that outlives its end.', {
      object: `${name}: ${outlasting}`,
      mend: 'Grant a role without this permission.',
    });
  }
  const impersonating = includedPermissions.find((permission) => IMPERSONATING.includes(permission));
  if (impersonating !== undefined && (await coversRunner(cloud, on))) {
    throw new RunnerError('UNSUPPORTED', "Whoever has this role there can act as the runner's service account.", {
      object: `${name}: ${impersonating}`,
      mend: "Grant it below a resource that does not hold the runner's project.",
    });
  }
}

async function readRole(cloud: GoogleCloud, name: string): Promise<Role> {
  try {
    return await cloud.iam.read({ path: rolePath(name), schema: roleSchema });
  } catch (error) {
    if (error instanceof RunnerError && error.code === 'TARGET_NOT_FOUND') throw notFound(name);
    throw error;
  }
}

function rolePath(name: string): SafePath {
  const { collection, owner = '', id = '' } = parseRole(name) ?? {};
  return collection === undefined ? path`/v1/roles/${id}` : path`/v1/${collection}/${owner}/roles/${id}`;
}

/** Whether the runner's service account is in the resource; where that cannot be seen, it may be. */
async function coversRunner(cloud: GoogleCloud, on: ResourceName): Promise<boolean> {
  const home: ResourceName = `projects/${cloud.access.secret.project}`;
  if (on === home) return true;
  if (on.startsWith('projects/')) return false;
  try {
    return (await ancestorsOf(cloud, home)).includes(on);
  } catch (error) {
    if (error instanceof RunnerError && (error.code === 'TARGET_PERMISSION_DENIED' || error.code === 'TARGET_NOT_FOUND')) return true;
    throw error;
  }
}

function notFound(object: string, why = 'There is no such role.'): RunnerError {
  return new RunnerError('PERMISSION_NOT_FOUND', why, { object, mend: 'Use the name of a role as the collection shows it.' });
}
