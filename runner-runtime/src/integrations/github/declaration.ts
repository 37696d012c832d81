import type { Declaration } from '../declaration.js';

const REPOSITORY = { targets: ['repository'], isolation: 'shared-slot' } as const;
const TEAM = { targets: ['team'], isolation: 'shared-slot' } as const;

export const declaration: Declaration = {
  targets: [
    { kind: 'org', path: ['org'] },
    { kind: 'repository', path: ['org', 'repository'] },
    { kind: 'team', path: ['org', 'team'] },
  ],
  permissions: [
    { ...REPOSITORY, name: 'Read', meaning: 'Read and clone, open issues and discuss. As a token: read code.' },
    { ...REPOSITORY, name: 'Triage', meaning: 'Read, and manage issues and pull requests.' },
    { ...REPOSITORY, name: 'Write', meaning: 'Triage, and push and merge. As a token: read and write code and pull requests.' },
    { ...REPOSITORY, name: 'Maintain', meaning: 'Write, and manage the repository without destructive actions.' },
    { ...REPOSITORY, name: 'Admin', meaning: 'Everything, including to give others access and to delete the repository.' },
    { ...TEAM, name: 'Member', meaning: 'Whatever the team has access to.' },
    { ...TEAM, name: 'Maintainer', meaning: 'Member, and manage the team and its members.' },
  ],
  principals: [
    { kind: 'user', meaning: 'A login, or the public e-mail of one; on a team a member of the organization.' },
    { kind: 'team', meaning: 'The slug of a team, on a repository.' },
    { kind: 'token', meaning: 'A token of this access for one repository, made and revoked by the runner.' },
  ],
  dispenses: ['Read', 'Write'],
  nativeExpiry: {
    ends: 'nothing',
    how: 'GitHub has no expiry of roles and memberships; a token ends an hour after it was made, however long the access is',
  },
  checks: [
    { name: 'app', meaning: 'GitHub can be reached and takes the signature of the app.' },
    { name: 'installation', meaning: 'The installation is of this app and not suspended.' },
    { name: 'organization', meaning: 'The installation is on the organization of the secret.' },
    { name: 'metadata', meaning: 'Repository permission Metadata: read.' },
    { name: 'administration', meaning: 'Repository permission Administration: write, for roles of repositories.' },
    { name: 'members', meaning: 'Organization permission Members: write, for teams and their members.' },
    { name: 'contents', meaning: 'Repository permission Contents, for tokens.' },
    { name: 'pull-requests', meaning: 'Repository permission Pull requests, for tokens with Write.' },
    { name: 'empty', meaning: 'There are repositories to give access to.' },
  ],
};
