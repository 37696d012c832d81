/** What the runner asks to be delegated, each for itself: what is not delegated takes away only what needs it. */
export const SCOPES = {
  customer: 'https://www.googleapis.com/auth/admin.directory.customer.readonly',
  users: 'https://www.googleapis.com/auth/admin.directory.user.readonly',
  groups: 'https://www.googleapis.com/auth/admin.directory.group.readonly',
  members: 'https://www.googleapis.com/auth/admin.directory.group.member',
  roles: 'https://www.googleapis.com/auth/admin.directory.rolemanagement',
  'org-units': 'https://www.googleapis.com/auth/admin.directory.orgunit.readonly',
  expiry: 'https://www.googleapis.com/auth/cloud-identity.groups',
} as const;
export type ScopeName = keyof typeof SCOPES;
