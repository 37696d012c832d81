import type { FakeAtlas } from './atlas.js';
import { NO_DATABASE_USER, refusal } from './replies.js';
import type { CustomRole, DatabaseUser, Project } from './world.js';

const WEEK_SECONDS = 7 * 86_400;
const COLLECTION_ROLES = ['read', 'readWrite'];
const BUILT_IN = ['read', 'readWrite', 'dbAdmin', 'readAnyDatabase', 'readWriteAnyDatabase', 'dbAdminAnyDatabase'];

/** Database users and custom roles: https://www.mongodb.com/docs/api/doc/atlas-admin-api-v2/group/endpoint-database-users */
export function databaseRoutes(fake: FakeAtlas): void {
  const { world } = fake;

  fake.onProject('GET', '/databaseUsers', 'database-access', (call, { databaseUsers }) =>
    fake.page(call, [...databaseUsers.values()].map(shape)),
  );
  fake.onProject('GET', '/databaseUsers/:database/:username', 'database-access', ({ params }, { databaseUsers }) => {
    const user = databaseUsers.get(params['username'] ?? '');
    return user === undefined ? NO_DATABASE_USER : { status: 200, body: shape(user) };
  });
  fake.onProject('POST', '/databaseUsers', 'database-access', ({ body }, project) => {
    const user = body as DatabaseUser;
    if (project.databaseUsers.has(user.username)) return refusal(409, 'USER_ALREADY_EXISTS', 'The user exists already.');
    const wrong = judge(fake, project, user);
    if (wrong !== undefined) return wrong;
    project.databaseUsers.set(user.username, { ...user, scopes: user.scopes ?? [] });
    world.changed(project);
    return { status: 201, body: shape(user) };
  });
  fake.onProject('PATCH', '/databaseUsers/:database/:username', 'database-access', ({ params, body }, project) => {
    const standing = project.databaseUsers.get(params['username'] ?? '');
    if (standing === undefined) return NO_DATABASE_USER;
    const user = { ...standing, ...(body as Partial<DatabaseUser>) };
    const wrong = judge(fake, project, user);
    if (wrong !== undefined) return wrong;
    project.databaseUsers.set(user.username, user);
    world.changed(project);
    return { status: 200, body: shape(user) };
  });
  fake.onProject('DELETE', '/databaseUsers/:database/:username', 'database-access', ({ params }, project) => {
    if (!project.databaseUsers.delete(params['username'] ?? '')) return NO_DATABASE_USER;
    world.changed(project);
    return { status: 204 };
  });

  fake.onProject('GET', '/customDBRoles/roles', 'database-access', (_, { customRoles }) => ({
    status: 200,
    body: [...customRoles.values()].map(roleShape),
  }));
}

/** Atlas's rules for a database user. */
function judge({ now }: FakeAtlas, { customRoles }: Project, { roles, deleteAfterDate, password }: DatabaseUser) {
  if (password === undefined || password.length < 8) return refusal(400, 'PASSWORD_TOO_SHORT', 'The password is too short.');
  const ends = Date.parse(deleteAfterDate ?? '') / 1000;
  if (deleteAfterDate !== undefined && !(ends > now() && ends <= now() + WEEK_SECONDS)) {
    return refusal(400, 'INVALID_DELETE_AFTER_DATE', 'The date must be within one week from now.');
  }
  const custom = roles.filter(({ roleName }) => !BUILT_IN.includes(roleName));
  if (custom.some(({ roleName }) => !customRoles.has(roleName))) return refusal(400, 'UNSUPPORTED_ROLE', 'The role does not exist.');
  if (custom.length > 0 && roles.length > 1) return refusal(400, 'CUSTOM_ROLE_ALONE', 'A user with a custom role can have one role only.');
  const isNarrow = roles.some(({ roleName, collectionName }) => collectionName !== undefined && !COLLECTION_ROLES.includes(roleName));
  return isNarrow ? refusal(400, 'ROLE_NOT_FOR_COLLECTION', 'The role cannot be given on a collection.') : undefined;
}

function shape({ databaseName, username, roles, scopes = [], deleteAfterDate }: DatabaseUser) {
  const ways = { awsIAMType: 'NONE', ldapAuthType: 'NONE', oidcAuthType: 'NONE', x509Type: 'NONE' };
  return {
    databaseName,
    username,
    roles,
    scopes,
    labels: [],
    links: [],
    ...ways,
    ...(deleteAfterDate !== undefined && { deleteAfterDate }),
  };
}

function roleShape({ roleName, actions }: CustomRole) {
  return { roleName, actions, inheritedRoles: [] };
}
