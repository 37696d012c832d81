import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import type { AccessWay } from '../../integration-kit/access-way.js';
import { path } from '../../integration-kit/http/path.js';
import { type ObjectKind, objectLife } from '../../integration-kit/objects/object-life.js';
import { newPassword } from '../../integration-kit/password.js';
import { nativeExpiryOf } from '../../integration-kit/turn.js';
import type { AccessRequest, Plan } from '../integration.js';
import type { Intent } from '../intent.js';
import { type Access, atlasOf, isConflict } from './client.js';
import { connectionStrings } from './connection-strings.js';
import { databaseRoles } from './database-rights.js';
import { clustersFor, waitForClusters } from './deployment.js';
import { isCollectionName, isDatabaseName } from './formats.js';
import type { AtlasSecret } from './secret.js';
import { type DatabaseUserState, LEVELS } from './state.js';
import { findCluster, findProject, noTarget } from './subjects.js';

/** Where database users with a password log in. */
const LOGIN_DATABASE = 'admin';
/** Databases of MongoDB itself. */
const OWN_DATABASES = ['admin', 'local', 'config'];
/** Atlas takes a week at most, by its own clock: ten minutes are for the difference. */
const LONGEST_LIFE_SECONDS = 7 * 86_400 - 600;

const userSchema = z.object({ username: z.string() });

type UserIntent = Intent<DatabaseUserState>;

/** A temporary database user. https://www.mongodb.com/docs/atlas/security-add-mongodb-users/ */
const kind: ObjectKind<AtlasSecret, DatabaseUserState> = {
  exists: (access, { state }) => isThere(access, state),

  make: async (access, intent) => {
    const { state } = intent;
    const clusters = await clustersFor(access, state);
    const password = newPassword();
    await makeUser(access, intent, password);
    const pending = await waitForClusters(access, state, clusters);
    const ends = nativeEnd(access, intent);
    return {
      credential: { username: state.object, password, authenticationDatabase: LOGIN_DATABASE, ...connectionStrings(state, clusters) },
      actions: [
        `made the database user ${state.object}, which Atlas deletes at ${iso(ends)}`,
        ...(ends < intent.expiresAt ? ['that is before the end of the access: a runner sets it anew every half day'] : []),
        ...pending.map((name) => `the cluster ${name} does not let it in yet: Atlas is still at work on it`),
      ],
    };
  },

  extend: setEnd,

  renew: async (access, intent) => {
    if (nativeExpiryOf(intent) - intent.plannedAt > LONGEST_LIFE_SECONDS) await setEnd(access, intent);
  },

  remove: async (access, { state }) => {
    await atlasOf(access).remove({ path: userPath(state) });
    const pending = await waitForClusters(access, state, await clustersFor(access, state));
    return { actions: [`removed the database user ${state.object}`], warnings: pending.map(lagging) };
  },

  prove: async (access, { state }) => {
    const there = await isThere(access, state);
    const pending = await waitForClusters(access, state, await clustersFor(access, state));
    const at = new Date(access.now()).toISOString();
    return {
      observations: [
        { question: `Is there a database user ${state.object}?`, answer: there ? 'yes' : 'no', at },
        { question: 'Which clusters have not applied all changes of users?', answer: pending.join(', ') || 'none', at },
      ],
      proved: !there && pending.length === 0,
      warnings: pending.map(lagging),
    };
  },
};

export const databaseUser: AccessWay<AtlasSecret, DatabaseUserState> = { ...objectLife(kind), plan };

/** Path elements of the kinds of targets, organization and project included. */
const DEPTHS: Readonly<Record<string, number>> = { project: 2, cluster: 3, database: 4, collection: 5 };

async function plan(access: Access, { requestId, target, permission }: AccessRequest): Promise<Plan<DatabaseUserState>> {
  const [, project = '', cluster, database, collection] = target.path;
  if (target.path.length !== DEPTHS[target.kind]) throw noTarget(target);
  if (database !== undefined && !isDatabaseName(database)) throw noTarget(target);
  if (collection !== undefined && !isCollectionName(collection)) throw noTarget(target);
  if (database !== undefined && OWN_DATABASES.includes(database)) {
    throw new RunnerError('UNSUPPORTED', "This database is MongoDB's own: access to it is not given.", {
      object: database,
      mend: 'Use a database with data, or the cluster.',
    });
  }
  if (cluster === undefined) await findProject(atlasOf(access), target);
  else await findCluster(atlasOf(access), target);
  const object = access.marks.name(requestId, 'database-user');
  const state: DatabaseUserState = {
    way: 'database-user',
    object,
    project,
    ...(cluster !== undefined && { cluster }),
    ...(database !== undefined && { database }),
    ...(collection !== undefined && { collection }),
    level: levelOf(permission),
  };
  return { principal: { kind: 'database-user', id: object }, state };
}

function levelOf(permission: string): DatabaseUserState['level'] {
  const level = LEVELS.find((one) => one === permission);
  if (level !== undefined) return level;
  throw new RunnerError('PERMISSION_NOT_FOUND', 'There is no such level for a database user.', { object: permission });
}

async function makeUser(access: Access, intent: UserIntent, password: string): Promise<void> {
  const atlas = atlasOf(access);
  const body = { ...definition(access, intent), password };
  try {
    await atlas.read({ method: 'POST', path: path`/groups/${intent.state.project}/databaseUsers`, body, schema: z.unknown() });
  } catch (error) {
    if (!isConflict(error)) throw error;
    await atlas.read({ method: 'PATCH', path: userPath(intent.state), body, schema: z.unknown() });
  }
}

async function setEnd(access: Access, intent: UserIntent): Promise<void> {
  await atlasOf(access).read({ method: 'PATCH', path: userPath(intent.state), body: definition(access, intent), schema: z.unknown() });
}

/** The user as it should be, but for its password. */
function definition(access: Access, intent: UserIntent) {
  const { state } = intent;
  return {
    groupId: state.project,
    databaseName: LOGIN_DATABASE,
    username: state.object,
    roles: databaseRoles(state),
    ...(state.cluster !== undefined && { scopes: [{ name: state.cluster, type: 'CLUSTER' }] }),
    deleteAfterDate: iso(nativeEnd(access, intent)),
  };
}

/** When Atlas itself deletes the user, unix seconds. */
function nativeEnd({ now }: Access, intent: UserIntent): number {
  return Math.min(nativeExpiryOf(intent), Math.floor(now() / 1000) + LONGEST_LIFE_SECONDS);
}

async function isThere(access: Access, state: DatabaseUserState): Promise<boolean> {
  return (await atlasOf(access).find({ path: userPath(state), schema: userSchema })) !== undefined;
}

function userPath({ project, object }: DatabaseUserState) {
  return path`/groups/${project}/databaseUsers/${LOGIN_DATABASE}/${object}`;
}

function lagging(cluster: string): string {
  return `the cluster ${cluster} has not applied the removal yet: a login may still work until Atlas is done with it`;
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
