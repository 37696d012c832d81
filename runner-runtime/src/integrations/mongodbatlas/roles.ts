/** A role of people, as Atlas calls it. https://www.mongodb.com/docs/atlas/reference/user-roles/ */
export interface AtlasRole {
  readonly name: string;
  readonly meaning: string;
}

/** Everything in the organization, with the runner's key in it: never given. */
export const ORGANIZATION_OWNER = 'ORG_OWNER';
/** What every member has; a user has at least one role in the organization. */
export const ORGANIZATION_MEMBER = 'ORG_MEMBER';
/** Everything in a project, with the roles of API keys in it. */
export const PROJECT_OWNER = 'GROUP_OWNER';

/** Roles in the organization that can be given. */
export const ORGANIZATION_ROLES: readonly AtlasRole[] = [
  { name: 'ORG_READ_ONLY', meaning: 'Organization Read Only: see everything in the organization and its projects.' },
  { name: 'ORG_BILLING_READ_ONLY', meaning: 'Organization Billing Viewer: see invoices and usage.' },
  { name: 'ORG_BILLING_ADMIN', meaning: 'Organization Billing Admin: manage billing.' },
  { name: 'ORG_STREAM_PROCESSING_ADMIN', meaning: 'Organization Stream Processing Admin: manage stream processing everywhere.' },
  { name: 'ORG_GROUP_CREATOR', meaning: 'Organization Project Creator: make projects, and own them.' },
];

/** Roles in a project that can be given. */
export const PROJECT_ROLES: readonly AtlasRole[] = [
  { name: 'GROUP_READ_ONLY', meaning: 'Project Read Only: see the project, without its data.' },
  { name: 'GROUP_OBSERVABILITY_VIEWER', meaning: 'Project Observability Viewer: see metrics and logs.' },
  { name: 'GROUP_DATA_ACCESS_READ_ONLY', meaning: 'Project Data Access Read Only: read the data of all clusters in the console.' },
  {
    name: 'GROUP_DATA_ACCESS_READ_WRITE',
    meaning: 'Project Data Access Read/Write: read and write the data of all clusters in the console.',
  },
  { name: 'GROUP_DATA_ACCESS_ADMIN', meaning: 'Project Data Access Admin: read and write data, make and drop databases and indexes.' },
  { name: 'GROUP_SEARCH_INDEX_EDITOR', meaning: 'Project Search Index Editor: manage search indexes.' },
  { name: 'GROUP_BACKUP_MANAGER', meaning: 'Project Backup Manager: manage backups and restore them.' },
  { name: 'GROUP_STREAM_PROCESSING_OWNER', meaning: 'Project Stream Processing Owner: manage stream processing.' },
  { name: 'GROUP_CLUSTER_MANAGER', meaning: 'Project Cluster Manager: change, pause and resume clusters.' },
  { name: 'GROUP_DATABASE_ACCESS_ADMIN', meaning: 'Project Database Access Admin: manage database users and custom roles.' },
  { name: PROJECT_OWNER, meaning: 'Project Owner: everything in the project. Only where the API key is an Organization Owner.' },
];
