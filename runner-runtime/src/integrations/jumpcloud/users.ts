import type { Principal } from '@axiom-runner/protocol';
import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { path } from '../../integration-kit/http/path.js';
import type { JumpCloud } from './client.js';
import { isId, isLogin } from './ids.js';

/** What is asked for of users, to keep their lists short. */
export const USER_FIELDS = 'username email displayname state suspended sudo';

export const userSchema = z.object({
  _id: z.string().refine(isId),
  username: z.string(),
  email: z.string().nullish(),
  displayname: z.string().nullish(),
  state: z.string().nullish(),
  suspended: z.boolean().nullish(),
  /** Whether the user is an administrator of every device that he is bound to. */
  sudo: z.boolean().nullish(),
});
export type User = z.infer<typeof userSchema>;

/**
 * The user that access is asked for, by id, user name or e-mail.
 * @throws {RunnerError} `PRINCIPAL_NOT_FOUND`; `UNSUPPORTED` for one who is suspended
 */
export async function requireUser(jc: JumpCloud, { id }: Principal): Promise<User> {
  const user = isId(id) ? await userById(jc, id) : isLogin(id) ? await userByLogin(jc, id) : undefined;
  if (user === undefined) {
    throw new RunnerError('PRINCIPAL_NOT_FOUND', 'There is no user with this id, user name or e-mail.', {
      object: id,
      mend: 'Use the id as the collection shows it, or the whole user name or e-mail.',
    });
  }
  if (isSuspended(user)) {
    throw new RunnerError('UNSUPPORTED', 'The user is suspended.', { object: id, mend: 'Activate the user in JumpCloud first.' });
  }
  return user;
}

/** @returns undefined where the user is gone */
export function userById(jc: JumpCloud, id: string): Promise<User | undefined> {
  return jc.find(path`/api/systemusers/${id}`, userSchema, { fields: USER_FIELDS });
}

export function isSuspended({ state, suspended }: User): boolean {
  return suspended === true || state === 'SUSPENDED';
}

/** Both are unique, whatever the case; what a filter finds is compared, since its value may be more than a text. */
async function userByLogin(jc: JumpCloud, login: string): Promise<User | undefined> {
  const field = login.includes('@') ? ['email', 'username'] : ['username'];
  for (const name of field) {
    const call = {
      path: path`/api/systemusers`,
      query: { fields: USER_FIELDS, filter: `${name}:$eq:${login}` },
      schema: userSchema,
    };
    const { elements } = await jc.olderPage(call, undefined, 2);
    const found = elements.find(({ username, email }) => [username, email].some((own) => own?.toLowerCase() === login.toLowerCase()));
    if (found !== undefined) return found;
  }
  return undefined;
}
