import type { FakeCall } from '../fake-vendor.js';
import type { Account, Key } from './state.js';

/** Whether the user of a key may make a change; keys of the account may. https://support.pagerduty.com/main/docs/advanced-permissions */
export function mayChange(account: Account, { user: id = '' }: Key, { method, path }: FakeCall): boolean {
  const user = account.users.get(id);
  if (method === 'GET' || user === undefined || user.role === 'admin' || user.role === 'owner') return true;
  const [kind = '', target = ''] = path.split('/').slice(1);
  if (kind === 'users') return false;
  if (user.role === 'user') return true;
  const teams = kind === 'teams' ? [target] : teamsOf(account, target);
  return teams.some((team) => account.teams.get(team)?.members.get(id) === 'manager');
}

/** A schedule belongs to the teams whose escalation policies name it. */
function teamsOf({ policies }: Account, schedule: string): string[] {
  return [...policies.values()].flatMap(({ levels, team = '' }) => (levels.some((level) => level.schedule === schedule) ? [team] : []));
}
