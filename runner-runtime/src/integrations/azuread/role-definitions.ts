import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { isNotFound } from '../../integration-kit/http/json-client.js';
import { path } from '../../integration-kit/http/path.js';
import type { Graph } from './graph.js';
import { objectId, quoted } from './ids.js';
import { type ODataList, readPiece } from './odata.js';

const schema = z.object({
  id: z.string().toLowerCase(),
  templateId: z.string().nullish(),
  displayName: z.string(),
  description: z.string().nullish(),
  isEnabled: z.boolean().nullish(),
  rolePermissions: z
    .array(
      z.object({
        allowedResourceActions: z
          .array(z.string())
          .nullish()
          .transform((actions) => actions ?? []),
      }),
    )
    .default([]),
});
export type RoleDefinition = z.infer<typeof schema>;

const SELECTED = { $select: 'id,templateId,displayName,description,isEnabled,rolePermissions' };

/** All roles of the directory, built-in and custom. */
export const ROLE_DEFINITIONS: ODataList<RoleDefinition> = {
  path: path`/roleManagement/directory/roleDefinitions`,
  query: SELECTED,
  element: schema,
};

/**
 * Finds a role by its name, its id or, for a built-in one, its template's id, which is the same.
 * @throws {RunnerError} `PERMISSION_NOT_FOUND`, `CONFLICT` where two custom roles have the name
 */
export async function findRole(graph: Graph, name: string): Promise<RoleDefinition> {
  const [role, other] = await candidates(graph, name);
  if (role === undefined || role.isEnabled === false) {
    throw new RunnerError('PERMISSION_NOT_FOUND', 'The tenant has no such directory role, or it is disabled.', {
      object: name,
      mend: 'Use the name of the role in English or its template id, as the collection shows it.',
    });
  }
  if (other === undefined) return role;
  throw new RunnerError('CONFLICT', 'Several directory roles have this name.', { object: name, mend: 'Use the id of the role.' });
}

async function candidates(graph: Graph, name: string): Promise<readonly RoleDefinition[]> {
  const id = objectId(name);
  if (id === undefined) {
    const query = { ...SELECTED, $filter: `displayName eq ${quoted(name)}` };
    return (await readPiece(graph, { ...ROLE_DEFINITIONS, query })).elements;
  }
  try {
    return [await graph.client.read({ path: path`/roleManagement/directory/roleDefinitions/${id}`, query: SELECTED, schema })];
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}
