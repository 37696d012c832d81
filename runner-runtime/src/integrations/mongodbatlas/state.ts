import { z } from 'zod';
import { stateOfWays } from '../../integration-kit/access-way.js';
import { slotStateSchema } from '../../integration-kit/slots/slot.js';
import { isClusterName, isCollectionName, isDatabaseName, isId } from './formats.js';

/** What a database user may do, lowest first. */
export const LEVELS = ['Read', 'Read & Write', 'Admin'] as const;

const id = z.string().refine(isId);
/** A slot begins with the id of a user and ends with what he has: a role, or membership; or it is a project and a team. */
const slot = (way: string, length: number) =>
  slotStateSchema.extend({ way: z.literal(way), slot: z.array(z.string().regex(/^([a-f0-9]{24}|[A-Z_]{1,80}|Member)$/)).length(length) });

/** A temporary database user. */
const databaseUserStateSchema = z.strictObject({
  way: z.literal('database-user'),
  /** The name of the user. */
  object: z.string().regex(/^axm_[a-z2-7]{24}$/),
  project: id,
  /** Absent for all clusters of the project. */
  cluster: z.string().refine(isClusterName).exactOptional(),
  database: z.string().refine(isDatabaseName).exactOptional(),
  collection: z.string().refine(isCollectionName).exactOptional(),
  level: z.enum(LEVELS),
});
export type DatabaseUserState = z.infer<typeof databaseUserStateSchema>;

/** What a plan remembers. */
export const stateSchema = stateOfWays([
  slot('organization-role', 2),
  slot('project-role', 3),
  slot('team-membership', 3),
  slot('project-team', 2),
  databaseUserStateSchema,
]);
export type AtlasState = z.infer<typeof stateSchema>;
