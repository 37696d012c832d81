import type { Declaration } from '../declaration.js';

const RESOURCES = ['organization', 'folder', 'project'];

/** What is asked for to get an access token. */
export const TOKEN = 'Token';

export const declaration: Declaration = {
  targets: [
    { kind: 'organization', path: ['organization number'] },
    { kind: 'folder', path: ['organization number', 'folder number'] },
    { kind: 'project', path: ['organization number', 'project id'] },
    { kind: 'serviceaccount', path: ['organization number', 'project id', 'e-mail'] },
  ],
  permissions: [
    {
      name: '*',
      targets: RESOURCES,
      isolation: 'object-per-grant',
      meaning: 'A predefined or custom role, by its name, for everything on and below the resource: roles/storage.objectViewer.',
    },
    { name: 'roles/viewer', targets: RESOURCES, isolation: 'shared-slot', meaning: 'Read nearly everything on and below the resource.' },
    {
      name: 'roles/editor',
      targets: ['folder', 'project'],
      isolation: 'shared-slot',
      meaning: 'Read and change nearly everything on and below the resource.',
    },
    {
      name: TOKEN,
      targets: ['serviceaccount'],
      isolation: 'object-per-grant',
      meaning: 'Act as the service account, with an access token of at most one hour.',
    },
  ],
  principals: [
    { kind: 'user', meaning: 'A Google account, by its primary e-mail address.' },
    { kind: 'group', meaning: 'A Google group, by its e-mail address.' },
    { kind: 'serviceaccount', meaning: 'A service account, by its e-mail address.' },
  ],
  dispenses: [TOKEN],
  irrevocable: [TOKEN],
  nativeExpiry: {
    ends: 'rights',
    how: 'A condition on the time ends each binding 60 seconds after the planned end of the access. The basic roles roles/viewer and roles/editor take no condition. A token expires with the access, after an hour at most.',
  },
  checks: [
    { name: 'token', meaning: 'Google can be reached, and takes the key of the service account.' },
    { name: 'organization', meaning: 'The Resource Manager API is enabled, and shows the organization.' },
    { name: 'read', meaning: 'The service account may read what a collection, a plan and a proof need, in the whole organization.' },
    { name: 'grant-organization', meaning: 'It may change the allow policy of the organization.' },
    { name: 'grant-folders', meaning: 'It may change the allow policies of folders.' },
    { name: 'grant-projects', meaning: 'It may change the allow policies of projects.' },
    { name: 'roles', meaning: 'The IAM API is enabled, and shows roles.' },
    { name: 'access-tokens', meaning: 'The Service Account Credentials API is enabled.' },
    { name: 'least-privilege', meaning: 'It has none of the rights that it does not need.' },
    { name: 'empty', meaning: 'There is a project to give access to.' },
  ],
};
