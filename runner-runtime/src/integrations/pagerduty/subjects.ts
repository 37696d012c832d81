import type { Principal, Target } from '@axiom-runner/protocol';
import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { ifThere } from '../../integration-kit/http/json-client.js';
import { path } from '../../integration-kit/http/path.js';
import type { PagerDuty } from './client.js';
import { isEmail, isId, isSameName } from './ids.js';

const id = z.string().refine(isId);

/** What a change of a user needs of it. */
export const userSchema = z.object({ id, name: z.string(), email: z.string(), role: z.string(), html_url: z.string().nullish() });
export type User = z.infer<typeof userSchema>;

const oneUserSchema = z.object({ user: userSchema });
const teamSchema = z.object({ team: z.object({ id }) });
const scheduleSchema = z.object({ schedule: z.object({ id }) });

/**
 * The user of a request, by id or by e-mail.
 * @throws {RunnerError} `PRINCIPAL_NOT_FOUND`; `TARGET_NOT_FOUND` where the key is of another account; `UNSUPPORTED` for the key's own user
 */
export async function findUser(pd: PagerDuty, principal: Principal): Promise<User> {
  const user = isEmail(principal.id)
    ? await userByEmail(pd, principal.id)
    : isId(principal.id)
      ? await userById(pd, principal.id)
      : undefined;
  if (user === undefined) {
    throw new RunnerError('PRINCIPAL_NOT_FOUND', 'PagerDuty has no such user.', {
      object: principal.id,
      mend: 'Use the id as the collection shows it, or the e-mail that the user logs in with.',
    });
  }
  requireCompany(pd, user);
  if ((await pd.me())?.id !== user.id) return user;
  throw new RunnerError('UNSUPPORTED', "The API key is this user's own: the runner does not change its own access.", {
    object: principal.id,
    mend: 'Use an API key of the account, or one of a user that is nobody else.',
  });
}

/** A user as it is at this moment. @returns undefined where it is gone */
export async function userById(pd: PagerDuty, userId: string): Promise<User | undefined> {
  return (await ifThere(pd.api.read({ path: path`/users/${userId}`, schema: oneUserSchema })))?.user;
}

/** The subdomain in the address of an object's page: `https://example.pagerduty.com/users/PXPGF42`, with `eu.` in the region EU. */
export function subdomainOf(url: string | null | undefined): string | undefined {
  if (url == null || !URL.canParse(url)) return undefined;
  return /^([^.]+)\.(?:eu\.)?pagerduty\.com$/.exec(new URL(url).hostname)?.[1];
}

/** @returns the id of a team @throws {RunnerError} `TARGET_NOT_FOUND` */
export async function findTeam(pd: PagerDuty, target: Target): Promise<string> {
  const found = await ifThere(pd.api.read({ path: path`/teams/${idIn(target)}`, schema: teamSchema }));
  if (found === undefined) throw noTarget(target);
  return found.team.id;
}

/** @returns the id of a schedule @throws {RunnerError} `TARGET_NOT_FOUND` */
export async function findSchedule(pd: PagerDuty, target: Target): Promise<string> {
  const found = await ifThere(pd.api.read({ path: path`/schedules/${idIn(target)}`, schema: scheduleSchema }));
  if (found === undefined) throw noTarget(target);
  return found.schedule.id;
}

/** @throws {RunnerError} `TARGET_NOT_FOUND` for another account than that of the secret */
export function requireAccount(pd: PagerDuty, target: Target): void {
  const [company = '', ...rest] = target.path;
  if (rest.length > 0 || !isSameName(company, pd.company)) throw noTarget(target);
}

/** What a grant was for is gone. Retryable: where another grant ends in the same place meanwhile, nothing is to be given any more. */
export function gone(slot: readonly string[]): RunnerError {
  return new RunnerError('TARGET_NOT_FOUND', 'The target or the principal is gone.', { object: slot.join('/'), retryable: true });
}

/** The search is by name and e-mail, and finds parts: only the very e-mail counts. */
function userByEmail(pd: PagerDuty, email: string): Promise<User | undefined> {
  const call = { path: path`/users`, field: 'users', query: { query: email }, schema: userSchema };
  return pd.find(call, (user) => isSameName(user.email, email));
}

/** A key of another account must not give access there under this one's name. */
function requireCompany(pd: PagerDuty, user: User): void {
  const company = subdomainOf(user.html_url);
  if (company === undefined || isSameName(company, pd.company)) return;
  throw new RunnerError('TARGET_NOT_FOUND', 'The API key is of another account than the secret says.', {
    object: pd.company,
    mend: 'Check pagerduty_company_name and pagerduty_api_key of the secret.',
  });
}

function idIn(target: Target): string {
  const [first = '', ...rest] = target.path;
  if (rest.length > 0 || !isId(first)) throw noTarget(target);
  return first;
}

function noTarget({ kind, path: names }: Target): RunnerError {
  return new RunnerError('TARGET_NOT_FOUND', `The account has no such ${kind}, or the key cannot see it.`, {
    object: names.join('/'),
    mend: 'Use the path as the collection shows it.',
  });
}
