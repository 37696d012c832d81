import { z } from 'zod';
import { stateOfWays } from '../../integration-kit/access-way.js';
import { slotStateSchema } from '../../integration-kit/slots/slot.js';

const slot = (way: string) => slotStateSchema.extend({ way: z.literal(way), slot: z.array(z.string().regex(/^\d{1,20}$/)).length(2) });

/** A token for one repository. */
const tokenStateSchema = z.strictObject({
  way: z.literal('token'),
  /** Its name in the runner's records: GitHub gives tokens none. */
  object: z.string(),
  repository: z.int().positive(),
  level: z.enum(['Read', 'Write']),
});
export type TokenState = z.infer<typeof tokenStateSchema>;

/** What a plan remembers. Slots are ids: of a repository or team, and of a user or team. */
export const stateSchema = stateOfWays([slot('collaborator'), slot('team-repository'), slot('team-membership'), tokenStateSchema]);
export type GithubState = z.infer<typeof stateSchema>;
