import type { Check } from '@axiom-runner/protocol';
import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { type Answer, declaredChecks, failed, named } from '../../integration-kit/check-answers.js';
import type { ListPage } from '../../integration-kit/collection/source.js';
import type { JsonClient } from '../../integration-kit/http/json-client.js';
import { path } from '../../integration-kit/http/path.js';
import { type AdminRights, adminRights, type Manageable } from './admin-rights.js';
import { readOrg } from './admin-roles.js';
import { type Access, oktaClient } from './client.js';
import { declaration } from './declaration.js';
import { readPage, readRolesPage } from './lists.js';
import { type OktaUser, ownUser } from './users.js';

/** Runs the declared checks in their order, reading only; what depends on a failed connection is skipped. */
export async function testConnection(access: Access): Promise<Check[]> {
  const client = oktaClient(access);
  const answers: Record<string, Answer> = { connect: await connect(client, access.secret.host) };
  if (answers['connect']?.outcome === 'ok' || answers['connect']?.outcome === 'warning') Object.assign(answers, await look(client, access));
  return declaredChecks(declaration, answers);
}

async function connect(client: JsonClient, host: string): Promise<Answer> {
  try {
    const { companyName } = await readOrg(client);
    return { outcome: 'ok', detail: `Connected to ${host}, the org of ${companyName ?? 'nobody named'}.` };
  } catch (error) {
    if (!(error instanceof RunnerError)) throw error;
    if (error.code !== 'TARGET_PERMISSION_DENIED') return failed(error);
    return { outcome: 'warning', detail: `Connected to ${host}; the settings of the org may not be seen, which only admin roles need.` };
  }
}

async function look(client: JsonClient, access: Access): Promise<Readonly<Record<string, Answer>>> {
  let user: OktaUser;
  let rights: AdminRights | undefined;
  try {
    user = await ownUser(client);
    rights = await adminRights(client, user.id);
  } catch (error) {
    if (!(error instanceof RunnerError) || access.signal.aborted) throw error;
    return { token: failed(error) };
  }
  const list = (at: 'users' | 'groups' | 'apps') =>
    readPage(client, { path: path`/api/v1/${at}`, query: { limit: 1 }, element: z.unknown() });
  return {
    token: token(user, rights),
    users: await reads('user', () => list('users')),
    groups: await reads('group', () => list('groups')),
    'groups-manage': manages('groups-manage', 'GROUP_MEMBERSHIP_ADMIN', rights),
    apps: await reads('app', () => list('apps')),
    'apps-manage': manages('apps-manage', 'APP_ADMIN', rights),
    roles: await reads('admin', () =>
      readRolesPage(client, 'value', { path: path`/api/v1/iam/assignees/users`, query: { limit: 1 }, element: z.unknown() }),
    ),
    'roles-manage': manages('roles-manage', 'SUPER_ADMIN', rights),
  };
}

function token({ status, profile: { login } }: OktaUser, rights: AdminRights | undefined): Answer {
  if (status !== 'ACTIVE')
    return {
      outcome: 'failed',
      detail: `The user ${login} of the token is ${status}.`,
      mend: 'Activate the user, or create a token as another.',
    };
  if (rights === undefined) return { outcome: 'ok', detail: `The token is of ${login}. Which admin roles it has cannot be seen.` };
  if (rights.roles.length > 0) return { outcome: 'ok', detail: `The token is of ${login}, who is ${named(rights.roles)}.` };
  return {
    outcome: 'permission_missing',
    detail: `The user ${login} of the token has no admin role: Okta answers with empty lists instead of refusing.`,
    mend: 'Give the user an admin role: see docs/integrations/okta.md.',
  };
}

/** Every org has users, groups, apps and an admin of its own: an empty list means that the token is shown nothing. */
async function reads(what: string, list: () => Promise<ListPage<unknown>>): Promise<Answer> {
  try {
    const { elements } = await list();
    if (elements.length > 0) return { outcome: 'ok', detail: `The list of ${what}s can be read.` };
    return {
      outcome: 'empty',
      detail: `The list of ${what}s is empty: Okta shows an admin without the right to it no ${what}, and no error.`,
      mend: 'Give the user of the token an admin role that includes it: see docs/integrations/okta.md.',
    };
  } catch (error) {
    if (!(error instanceof RunnerError)) throw error;
    return failed(error);
  }
}

/** Judged by the admin roles, since only a change would show it. */
function manages(what: Manageable, role: string, rights: AdminRights | undefined): Answer {
  const mend = `Give the user of the token the admin role ${role}, or a custom one: see docs/integrations/okta.md.`;
  if (rights === undefined) {
    return { outcome: 'warning', detail: 'Cannot be told: the token may not see the admin roles of its own user.', mend };
  }
  if (rights.allows.includes(what)) return { outcome: 'ok', detail: `Allowed by ${named(rights.roles)}.` };
  return { outcome: 'permission_missing', detail: `Not allowed by ${named(rights.roles) || 'any role'}.`, mend };
}
