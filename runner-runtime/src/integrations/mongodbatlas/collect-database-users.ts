import type { Item, Target } from '@axiom-runner/protocol';
import { z } from 'zod';

/** A user of the clusters of a project. */
export const databaseUserSchema = z.object({
  username: z.string(),
  databaseName: z.string(),
  deleteAfterDate: z.string().optional(),
  roles: z.array(z.object({ roleName: z.string(), databaseName: z.string(), collectionName: z.string().optional() })).default([]),
  scopes: z.array(z.object({ name: z.string(), type: z.string() })).default([]),
});
export type DatabaseUser = z.infer<typeof databaseUserSchema>;
type Role = DatabaseUser['roles'][number];

/** A database user, and its roles on the clusters that it is for; without any named, on the project. */
export function databaseUserItems(project: readonly [org: string, project: string], user: DatabaseUser): Item[] {
  const [, projectId] = project;
  const principal = { kind: 'database-user', id: `${projectId}/${user.databaseName}/${user.username}` };
  const expiresAt = secondsOf(user.deleteAfterDate);
  const assigned = (permission: string, target: Target): Item => ({
    item: 'assignment',
    principal,
    permission,
    target,
    ...(expiresAt !== undefined && { expiresAt }),
  });
  const clusters = user.scopes.filter(({ type }) => type === 'CLUSTER').map(({ name }) => [...project, name]);
  // Scopes of other kinds only: nothing on a cluster.
  const onClusters =
    user.scopes.length === 0 ? user.roles.map((role) => assigned(nameOf(role), { kind: 'project', path: [...project] })) : [];
  return [
    { item: 'principal', principal, displayName: user.username },
    ...onClusters,
    ...clusters.flatMap((cluster) => user.roles.map((role) => assigned(role.roleName, placeOf(cluster, role)))),
  ];
}

/** A role that Atlas gives on `admin` is for the whole cluster. */
function placeOf(cluster: readonly string[], { databaseName, collectionName = '' }: Role): Target {
  if (databaseName === 'admin') return { kind: 'cluster', path: [...cluster] };
  if (collectionName === '') return { kind: 'database', path: [...cluster, databaseName] };
  return { kind: 'collection', path: [...cluster, databaseName, collectionName] };
}

/** A role in a database of every cluster of a project has no target of its own: `read@sales.orders`. */
function nameOf({ roleName, databaseName, collectionName = '' }: Role): string {
  if (databaseName === 'admin') return roleName;
  return `${roleName}@${databaseName}${collectionName === '' ? '' : `.${collectionName}`}`;
}

function secondsOf(date: string | undefined): number | undefined {
  const ms = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isNaN(ms) ? undefined : Math.floor(ms / 1000);
}
