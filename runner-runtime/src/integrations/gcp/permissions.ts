import { z } from 'zod';
import { path } from '../../integration-kit/http/path.js';
import type { GoogleCloud } from './api.js';
import { partsOf, type ResourceName } from './names.js';

/** Asked for at once: https://cloud.google.com/iam/docs/testing-permissions */
const MOST_AT_ONCE = 100;

export const permissionsSchema = z.object({ permissions: z.array(z.string()).default([]) });

/** Those of some permissions that the runner has on a resource, by itself or from above. It needs none to ask. */
export async function hasPermissions(
  { resourceManager }: GoogleCloud,
  name: ResourceName,
  wanted: readonly string[],
): Promise<readonly string[]> {
  const [collection, id] = partsOf(name);
  const asked = [...new Set(wanted)].slice(0, MOST_AT_ONCE);
  const { permissions } = await resourceManager.read({
    method: 'POST',
    path: path`/v3/${collection}/${id}:testIamPermissions`,
    body: { permissions: asked },
    schema: permissionsSchema,
  });
  return asked.filter((permission) => permissions.includes(permission));
}
