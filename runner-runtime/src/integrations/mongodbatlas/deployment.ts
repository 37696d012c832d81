import { z } from 'zod';
import { path } from '../../integration-kit/http/path.js';
import { type Access, atlasOf } from './client.js';
import type { DatabaseUserState } from './state.js';
import { type Cluster, clusterByName, clustersOf } from './subjects.js';

const LOOKS = 8;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8_000;

/** `PENDING`: changes of database users have not reached the cluster yet. */
const statusSchema = z.object({ changeStatus: z.enum(['PENDING', 'APPLIED']) });

/** Clusters that the database user of an access is for. */
export async function clustersFor(access: Access, { project, cluster }: DatabaseUserState): Promise<readonly Cluster[]> {
  const atlas = atlasOf(access);
  if (cluster !== undefined) {
    const found = await clusterByName(atlas, project, cluster);
    return found === undefined ? [] : [found];
  }
  const found: Cluster[] = [];
  for await (const one of atlas.each(clustersOf(project))) found.push(one);
  return found;
}

/**
 * Waits until Atlas has brought its users to the clusters, about half a minute at most. One that is paused lets nobody in, and is not waited for.
 * https://www.mongodb.com/docs/api/doc/atlas-admin-api-v2/operation/operation-getgroupclusterstatus
 * @returns names of the clusters that still lag behind
 */
export async function waitForClusters(
  access: Access,
  { project }: DatabaseUserState,
  clusters: readonly Cluster[],
): Promise<readonly string[]> {
  let waiting = clusters.filter(({ paused }) => paused !== true).map(({ name }) => name);
  for (let look = 0; ; look += 1) {
    const pending: string[] = [];
    for (const name of waiting) if (!(await isApplied(access, project, name))) pending.push(name);
    waiting = pending;
    if (waiting.length === 0 || look === LOOKS) return waiting;
    await access.pacer.wait(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** look), access.signal);
  }
}

async function isApplied(access: Access, project: string, cluster: string): Promise<boolean> {
  const status = await atlasOf(access).find({ path: path`/groups/${project}/clusters/${cluster}/status`, schema: statusSchema });
  // A cluster that is gone lets nobody in.
  return status === undefined || status.changeStatus === 'APPLIED';
}
