import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { isNotFound } from '../../integration-kit/http/json-client.js';
import { path } from '../../integration-kit/http/path.js';
import type { Graph } from './graph.js';
import { objectId } from './ids.js';
import type { Resolved } from './principals.js';

const groupSchema = z.object({
  id: z.guid().toLowerCase(),
  displayName: z.string().nullish(),
  groupTypes: z.array(z.string()).default([]),
  mailEnabled: z.boolean().nullish(),
  isAssignableToRole: z.boolean().nullish(),
  onPremisesSyncEnabled: z.boolean().nullish(),
});
export type Group = z.infer<typeof groupSchema>;

const SELECTED = 'id,displayName,groupTypes,mailEnabled,isAssignableToRole,onPremisesSyncEnabled';

/** @throws {RunnerError} `TARGET_NOT_FOUND` */
export async function readGroup({ client }: Graph, name: string): Promise<Group> {
  const id = objectId(name);
  const missing = () =>
    new RunnerError('TARGET_NOT_FOUND', 'The tenant has no such group.', {
      object: name,
      mend: 'Use the object id of the group, as the collection shows it.',
    });
  if (id === undefined) throw missing();
  try {
    return await client.read({ path: path`/groups/${id}`, query: { $select: SELECTED }, schema: groupSchema });
  } catch (error) {
    throw isNotFound(error) ? missing() : error;
  }
}

/**
 * Which members Graph takes, and which membership would give more than it says.
 * https://learn.microsoft.com/graph/api/group-post-members
 * @throws {RunnerError} `UNSUPPORTED`
 */
export function requireOpenTo(group: Group, principal: Resolved): void {
  const refuse = (message: string, mend: string): never => {
    throw new RunnerError('UNSUPPORTED', message, { object: group.displayName ?? group.id, mend });
  };
  const isUnified = group.groupTypes.includes('Unified');
  if (group.isAssignableToRole === true)
    refuse('Members of this group have directory roles.', 'Ask for the directory role itself: it is given and taken away by name.');
  if (group.groupTypes.includes('DynamicMembership'))
    refuse('A rule decides who is a member of this group.', 'Use a group with assigned membership.');
  if (group.onPremisesSyncEnabled === true)
    refuse('This group comes from an on-premises directory, where alone it can be changed.', 'Use a cloud group, or change it there.');
  if (group.mailEnabled === true && !isUnified)
    refuse('Members of this group are managed in Exchange.', 'Use a security group or a Microsoft 365 group.');
  if (isUnified && principal.kind !== 'user') refuse('A Microsoft 365 group has users as members only.', 'Use a security group.');
  if (principal.id === group.id) refuse('A group cannot be a member of itself.', 'Name another principal.');
}
