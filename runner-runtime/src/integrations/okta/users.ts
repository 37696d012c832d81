import type { Principal } from '@axiom-runner/protocol';
import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import type { JsonClient } from '../../integration-kit/http/json-client.js';
import { ifThere } from '../../integration-kit/http/json-client.js';
import { path } from '../../integration-kit/http/path.js';
import { isId } from './ids.js';

export const userSchema = z.object({
  id: z.string().refine((id) => isId('user', id)),
  status: z.string(),
  profile: z.object({
    login: z.string(),
    firstName: z.string().nullish(),
    lastName: z.string().nullish(),
    email: z.string().nullish(),
  }),
});
export type OktaUser = z.infer<typeof userSchema>;

/** The user whose admin roles the API token has. */
export function ownUser(client: JsonClient): Promise<OktaUser> {
  return client.read({ path: path`/api/v1/users/me`, schema: userSchema });
}

/** Who is to have an access: as it was asked for, and by the id that stays. */
export interface Holder {
  readonly principal: Principal;
  readonly userId: string;
}

/**
 * The existing user that access is asked for.
 * @throws {RunnerError} `UNSUPPORTED` for another kind of principal, a deactivated user and the runner's own; `PRINCIPAL_NOT_FOUND`
 */
export async function requireUser(client: JsonClient, principal: Principal | undefined): Promise<Holder> {
  if (principal?.kind !== 'user') {
    throw new RunnerError('UNSUPPORTED', 'Access is given to users that exist.', {
      object: principal?.kind,
      mend: 'Name a principal of kind user, by its id or login.',
    });
  }
  const user = await findUser(client, principal.id);
  if (user === undefined) {
    throw new RunnerError('PRINCIPAL_NOT_FOUND', 'There is no user with this id or login.', {
      object: principal.id,
      mend: 'Use the id as the collection shows it, or the whole login.',
    });
  }
  if (user.status === 'DEPROVISIONED') {
    throw new RunnerError('UNSUPPORTED', 'The user is deactivated.', { object: principal.id, mend: 'Activate the user in Okta first.' });
  }
  if (user.id === (await ownUser(client)).id) {
    throw new RunnerError('UNSUPPORTED', "The user is the runner's own: its rights are not the runner's to change.", {
      object: principal.id,
      mend: 'Name another user.',
    });
  }
  return { principal, userId: user.id };
}

async function findUser(client: JsonClient, idOrLogin: string): Promise<OktaUser | undefined> {
  if (!isId('user', idOrLogin) && !isLogin(idOrLogin)) return undefined;
  const found = idOrLogin.includes('/')
    ? await findByLogin(client, idOrLogin)
    : await ifThere(client.read({ path: path`/api/v1/users/${idOrLogin}`, schema: userSchema }));
  // Okta takes the part of a login before its @, and the word "me", for users as well.
  const isMeant = found?.id === idOrLogin || found?.profile.login.toLowerCase() === idOrLogin.toLowerCase();
  return isMeant ? found : undefined;
}

/** https://developer.okta.com/docs/api/openapi/okta-management/management/tag/User/: 5 to 100 characters. */
function isLogin(text: string): boolean {
  return text.length >= 5 && text.length <= 100 && !/\p{Cc}/u.test(text);
}

/** A login with a slash is not found by its path. */
async function findByLogin(client: JsonClient, login: string): Promise<OktaUser | undefined> {
  const filter = `profile.login eq "${login.replace(/["\\]/g, '\\$&')}"`;
  const [user] = await client.read({ path: path`/api/v1/users`, query: { filter, limit: 1 }, schema: z.array(userSchema) });
  return user;
}
