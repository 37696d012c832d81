import type { Principal } from '@axiom-runner/protocol';
import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { path } from '../../integration-kit/http/path.js';
import type { JumpCloud } from './client.js';
import { isId } from './ids.js';

export const groupSchema = z.object({
  id: z.string().refine(isId),
  name: z.string(),
  /** Absent on groups that were made before there were dynamic ones. */
  membershipMethod: z.string().nullish(),
});
export type Group = z.infer<typeof groupSchema>;

/** @returns undefined where the group is gone */
export function groupById(jc: JumpCloud, id: string): Promise<Group | undefined> {
  return jc.find(path`/api/v2/usergroups/${id}`, groupSchema);
}

/** @throws {RunnerError} `PRINCIPAL_NOT_FOUND` */
export async function requireGroup(jc: JumpCloud, { id }: Principal): Promise<Group> {
  const group = isId(id) ? await groupById(jc, id) : undefined;
  if (group !== undefined) return group;
  throw new RunnerError('PRINCIPAL_NOT_FOUND', 'There is no user group with this id.', {
    object: id,
    mend: 'Use the id as the collection shows it.',
  });
}
