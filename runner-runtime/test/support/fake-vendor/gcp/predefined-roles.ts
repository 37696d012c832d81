/** A role as IAM defines it: https://cloud.google.com/iam/docs/understanding-roles */
export interface Role {
  readonly name: string;
  readonly title: string;
  readonly stage: 'GA' | 'BETA' | 'DISABLED';
  readonly deleted?: boolean;
  readonly includedPermissions: readonly string[];
  /** Kinds of resources on which it cannot be granted. */
  readonly notOn?: readonly string[];
}

const VIEW = ['resourcemanager.projects.get', 'compute.instances.list', 'iam.roles.list', 'iam.serviceAccounts.list'];
const EDIT = [...VIEW, 'compute.instances.create', 'iam.serviceAccounts.actAs'];

/** A few of the many; of each the permissions that matter. */
export const PREDEFINED_ROLES: readonly Role[] = [
  role('roles/viewer', 'Viewer', [...VIEW, 'viewer.only']),
  role('roles/editor', 'Editor', [...EDIT, 'editor.only']),
  role('roles/owner', 'Owner', [...EDIT, 'resourcemanager.projects.setIamPolicy', 'iam.serviceAccountKeys.create', 'iam.roles.update']),
  role('roles/browser', 'Browser', ['resourcemanager.projects.get', 'resourcemanager.folders.get', 'resourcemanager.organizations.get']),
  role('roles/storage.objectViewer', 'Storage Object Viewer', ['storage.objects.get', 'storage.objects.list']),
  role('roles/bigquery.dataViewer', 'BigQuery Data Viewer', ['bigquery.tables.getData']),
  role('roles/logging.viewer', 'Logs Viewer', ['logging.logEntries.list']),
  role('roles/iam.serviceAccountTokenCreator', 'Service Account Token Creator', ['iam.serviceAccounts.getAccessToken']),
  role('roles/iam.serviceAccountUser', 'Service Account User', ['iam.serviceAccounts.actAs']),
  role('roles/resourcemanager.projectIamAdmin', 'Project IAM Admin', ['resourcemanager.projects.setIamPolicy']),
  role('roles/resourcemanager.organizationViewer', 'Organization Viewer', ['resourcemanager.organizations.get']),
  { ...role('roles/appengine.memcacheDataAdmin', 'App Engine Memcache', ['appengine.memcache.get']), notOn: ['organizations', 'folders'] },
  { ...role('roles/legacy.disabled', 'Disabled', ['legacy.get']), stage: 'DISABLED' },
];

function role(name: string, title: string, includedPermissions: readonly string[]): Role {
  return { name, title, stage: 'GA', includedPermissions };
}
