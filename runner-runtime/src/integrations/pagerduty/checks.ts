import type { Check } from '@axiom-runner/protocol';
import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { type Answer, answerOf, declaredChecks, named } from '../../integration-kit/check-answers.js';
import { isNotFound } from '../../integration-kit/http/json-client.js';
import { path, type SafePath } from '../../integration-kit/http/path.js';
import { type Access, type Me, type PagerDuty, pagerDuty } from './client.js';
import { declaration } from './declaration.js';
import { isSameName } from './ids.js';
import { BASE_ROLES, permissionOf } from './roles.js';
import { subdomainOf } from './subjects.js';

const abilitiesSchema = z.object({ abilities: z.array(z.string()) });
const someUsersSchema = z.object({ users: z.array(z.object({ html_url: z.string().nullish() })) });
const someTeamsSchema = z.object({ teams: z.array(z.unknown()) });
const someSchedulesSchema = z.object({ schedules: z.array(z.unknown()) });

const LISTS: Readonly<Record<string, SafePath>> = {
  users: path`/users`,
  teams: path`/teams`,
  schedules: path`/schedules`,
  'escalation policies': path`/escalation_policies`,
  'on-calls': path`/oncalls`,
};

/** Runs the declared checks in their order; what depends on a failed one is skipped. */
export async function testConnection(access: Access): Promise<Check[]> {
  return declaredChecks(declaration, await answersOf(access));
}

async function answersOf(access: Access): Promise<Readonly<Record<string, Answer>>> {
  const pd = pagerDuty(access);
  let abilities: readonly string[] = [];
  const connect = await answerOf(access, async () => {
    abilities = (await pd.api.read({ path: path`/abilities`, schema: abilitiesSchema })).abilities;
    return { outcome: 'ok', detail: `${new URL(access.secret.base).host} takes the API key.` };
  });
  if (connect.outcome !== 'ok') return { connect };
  let me: Me | undefined;
  const key = await answerOf(access, async () => {
    me = await pd.me();
    return { outcome: 'ok', detail: me === undefined ? 'A key of the account.' : `A key of the user ${me.id}, ${roleName(me)}.` };
  });
  return {
    connect,
    company: await answerOf(access, () => company(pd)),
    key,
    read: await answerOf(access, () => readable(pd, abilities.includes('teams'))),
    write: await answerOf(access, () => writable(pd, me)),
    abilities: teams(abilities),
    empty: await answerOf(access, () => content(pd, abilities.includes('teams'))),
  };
}

async function company(pd: PagerDuty): Promise<Answer> {
  const { users } = await pd.api.read({ path: path`/users`, query: { limit: 1 }, schema: someUsersSchema });
  const found = subdomainOf(users[0]?.html_url);
  if (found === undefined) return { outcome: 'skipped', detail: 'PagerDuty does not show the address of the account.' };
  if (isSameName(found, pd.company)) return { outcome: 'ok', detail: `The account is ${found}.` };
  return {
    outcome: 'failed',
    detail: `The API key is not of the account ${pd.company}.`,
    mend: 'Check pagerduty_company_name of the secret: the first part of the address of the account.',
  };
}

async function readable(pd: PagerDuty, hasTeams: boolean): Promise<Answer> {
  const refused: string[] = [];
  for (const [name, list] of Object.entries(LISTS)) {
    if (name === 'teams' && !hasTeams) continue;
    try {
      await pd.api.read({ path: list, query: { limit: 1 }, schema: z.unknown() });
    } catch (error) {
      if (!(error instanceof RunnerError) || error.code !== 'TARGET_PERMISSION_DENIED') throw error;
      refused.push(name);
    }
  }
  if (refused.length === 0) return { outcome: 'ok', detail: 'Everything that is collected can be read.' };
  return {
    outcome: 'permission_missing',
    detail: `The API key may not read ${named(refused)}.`,
    mend: 'Use an API key of the account.',
  };
}

/**
 * A read-only key is refused whatever it asks to change, before PagerDuty looks at what: so removing what cannot be there from what cannot be
 * there tells it, and changes nothing. A user's key is never read-only, and may what its user may.
 */
async function writable(pd: PagerDuty, me: Me | undefined): Promise<Answer> {
  if (me !== undefined) {
    if (me.role === 'admin' || me.role === 'owner') return { outcome: 'ok', detail: `Its user is ${roleName(me)}.` };
    return {
      outcome: 'warning',
      detail: `Its user is ${roleName(me)}: base roles cannot be changed, and teams and schedules only where the user is a manager.`,
      mend: 'Use an API key of the account, or give its user the role Global Admin.',
    };
  }
  try {
    await pd.probe.read({
      method: 'DELETE',
      path: path`/schedules/axiom-no-such-schedule/overrides/axiom-no-such-override`,
      schema: z.unknown(),
    });
  } catch (error) {
    if (isNotFound(error)) return { outcome: 'ok', detail: 'The API key is not read-only.' };
    throw error;
  }
  return { outcome: 'skipped', detail: 'PagerDuty does not show whether the API key is read-only.' };
}

function teams(abilities: readonly string[]): Answer {
  if (abilities.includes('teams')) return { outcome: 'ok', detail: `The account has teams, and ${abilities.length - 1} other abilities.` };
  return {
    outcome: 'warning',
    detail: 'The plan of the account has no teams: no access to them can be given.',
    mend: 'Nothing, where no teams are wanted; otherwise see the pricing plan of the account.',
  };
}

async function content(pd: PagerDuty, hasTeams: boolean): Promise<Answer> {
  const { schedules } = await pd.api.read({
    path: LISTS['schedules'] ?? path`/schedules`,
    query: { limit: 1 },
    schema: someSchedulesSchema,
  });
  if (schedules.length > 0) return { outcome: 'ok', detail: 'There are schedules.' };
  const found = hasTeams ? (await pd.api.read({ path: path`/teams`, query: { limit: 1 }, schema: someTeamsSchema })).teams : [];
  if (found.length > 0) return { outcome: 'ok', detail: 'There are teams.' };
  return {
    outcome: 'empty',
    detail: 'The API key sees neither teams nor schedules.',
    mend: 'See whether it is the right account, and whether the key is one of the account.',
  };
}

function roleName({ role }: Me): string {
  return permissionOf(BASE_ROLES, role);
}
