import { z } from 'zod';

/** What an intent remembers of an access to PostgreSQL. Names are kept, not computed again: the state key may have changed since. */
export const stateSchema = z.strictObject({
  /** The role that is this access: the temporary user, or the role that is granted to the principal. */
  role: z.string(),
  /** The role that it is a member of: the holder of the rights, or the existing role that was asked for. */
  memberOf: z.string(),
  /** Whether `memberOf` is a holder that goes with its last member. */
  holder: z.boolean(),
  /** The database in which the access is made. */
  database: z.string(),
});
export type PostgresqlState = z.infer<typeof stateSchema>;
