import type { Intent } from '../../../src/integrations/intent.js';
import { pagerduty } from '../../../src/integrations/pagerduty/integration.js';
import { endOf } from '../../../src/integrations/pagerduty/overrides.js';
import type { PagerdutySecret } from '../../../src/integrations/pagerduty/secret.js';
import type { OverrideState, PagerdutyState } from '../../../src/integrations/pagerduty/state.js';
import type { ContractHarness, RunningSystem } from '../contract/contract.js';
import type { Wish } from '../runner-harness.js';
import { ACCOUNT_TARGET, Company, type PagerdutyIntent, person, SYSTEM, scheduleTarget, teamTarget } from './company.js';

const HOSTILE_NAMES = ['"; DROP', 'Zoë 🦉 Ωμέγα', ' ', '../users', '<script>', 'a\nb', 'x'.repeat(100)];

/** Where the suite gives access. */
type Place = 'team' | 'account' | 'schedule';

/** A company's account as one of the systems of the shared contract; the suite gives access on one kind of target. */
export function contractHarness(place: Place = 'team'): ContractHarness<PagerdutySecret, PagerdutyState> {
  return { integration: pagerduty, start: () => start(place) };
}

async function start(place: Place): Promise<RunningSystem<PagerdutyState>> {
  const company = await Company.start();
  const { account, fake, secret, key } = company;
  const [platform, website] = [account.addTeam('Platform'), account.addTeam('Website')];
  const [primary, secondary] = [account.addSchedule('Primary'), account.addSchedule('Secondary')];
  const [rotating, directly] = [company.newUser('user', 'Rotating'), company.newUser('user', 'Directly')];
  primary.rotation = rotating.id;
  const policy = account.addPolicy('Production', [{ schedule: primary.id }, { schedule: secondary.id }, { user: directly.id }]);
  const wishes: Record<Place, Omit<Wish, 'principal'>> = {
    team: { target: teamTarget(platform), permission: 'Responder' },
    account: { target: ACCOUNT_TARGET, permission: 'Responder' },
    schedule: { target: scheduleTarget(primary), permission: 'On call' },
  };
  const hostile = Array.from({ length: 4 }, (_, index) => HOSTILE_NAMES[index] ?? '');
  const hostileTargets = {
    team: hostile.map((name) => teamTarget(account.addTeam(name))),
    account: [],
    schedule: hostile.map((name) => scheduleTarget(account.addSchedule(name))),
  };
  const byRole = (role: string) => async () => person(company.newUser(role));

  return {
    system: SYSTEM,
    secret,
    canaries: [key],
    wish: wishes[place],
    everyWish: [
      ...['Observer', 'Responder', 'Manager'].map((permission) => ({ target: teamTarget(website), permission })),
      ...['Observer', 'Responder', 'Manager', 'Global Admin'].map((permission) => ({ target: ACCOUNT_TARGET, permission })),
      { target: ACCOUNT_TARGET, permission: 'Full Stakeholder', principal: byRole('read_only_limited_user') },
      { target: scheduleTarget(secondary), permission: 'On call' },
    ],
    hostileTargets: hostileTargets[place],
    hostilePrincipalNames: HOSTILE_NAMES,
    impossible: [
      { what: 'no team', wish: { target: { kind: 'team', path: ['PNOTEAM'] }, permission: 'Observer' }, code: 'TARGET_NOT_FOUND' },
      { what: 'no schedule', wish: { target: { kind: 'schedule', path: [platform.id] }, permission: 'On call' }, code: 'TARGET_NOT_FOUND' },
      {
        what: 'a path that leaves its place',
        wish: { target: { kind: 'team', path: ['..'] }, permission: 'Observer' },
        code: 'TARGET_NOT_FOUND',
      },
      {
        what: 'an encoded slash',
        wish: { target: { kind: 'team', path: [`${platform.id}%2Fmembers`] }, permission: 'Observer' },
        code: 'TARGET_NOT_FOUND',
      },
      { what: 'a path too short', wish: { target: { kind: 'team', path: [] }, permission: 'Observer' }, code: 'TARGET_NOT_FOUND' },
      {
        what: 'a path too long',
        wish: { target: { kind: 'team', path: [platform.id, 'x'] }, permission: 'Observer' },
        code: 'TARGET_NOT_FOUND',
      },
      {
        what: 'another account',
        wish: { target: { kind: 'account', path: ['other-company'] }, permission: 'Observer' },
        code: 'TARGET_NOT_FOUND',
      },
      { what: 'an unknown kind', wish: { target: { kind: 'service', path: [platform.id] } }, code: 'UNSUPPORTED' },
      { what: 'a kind of every object', wish: { target: { kind: 'constructor', path: [platform.id] } }, code: 'UNSUPPORTED' },
      { what: 'no permission', wish: { permission: 'Everything' }, code: 'PERMISSION_NOT_FOUND' },
      {
        what: 'a permission of accounts',
        wish: { target: teamTarget(platform), permission: 'Global Admin' },
        code: 'PERMISSION_NOT_FOUND',
      },
      { what: 'the owner', wish: { target: ACCOUNT_TARGET, permission: 'Account Owner' }, code: 'PERMISSION_NOT_FOUND' },
      {
        what: 'a policy',
        wish: { target: { kind: 'escalation-policy', path: [policy.id] }, permission: 'On call' },
        code: 'PERMISSION_NOT_FOUND',
      },
      { what: 'no principal', wish: { principal: { kind: 'user', id: 'PNOBODY' } }, code: 'PRINCIPAL_NOT_FOUND' },
      { what: 'no such e-mail', wish: { principal: { kind: 'user', id: 'nobody@example.com' } }, code: 'PRINCIPAL_NOT_FOUND' },
      { what: 'a part of an e-mail', wish: { principal: { kind: 'user', id: 'example.com' } }, code: 'PRINCIPAL_NOT_FOUND' },
      { what: 'a principal that leaves its place', wish: { principal: { kind: 'user', id: '../teams' } }, code: 'PRINCIPAL_NOT_FOUND' },
      { what: 'a principal of another kind', wish: { principal: { kind: 'team', id: platform.id } }, code: 'UNSUPPORTED' },
      { what: 'a temporary credential', wish: { principal: undefined }, code: 'UNSUPPORTED' },
    ],
    closed: [
      {
        what: 'no such key',
        secret: company.secretWith('u+another-key-01234'),
        code: 'TARGET_AUTH_FAILED',
        check: 'connect',
        outcome: 'authentication_failed',
      },
      {
        what: 'the key of another account',
        secret: { ...secret, pagerduty_company_name: 'other-company' },
        code: 'TARGET_NOT_FOUND',
        check: 'company',
        outcome: 'failed',
      },
      {
        what: 'a key that sees too little',
        secret: company.secretWith(account.addKey({ hidden: ['teams', 'schedules', 'users'] })),
        code: 'TARGET_PERMISSION_DENIED',
        check: 'company',
        outcome: 'permission_missing',
      },
      {
        what: 'no such host',
        secret: { ...secret, api_base_url: 'https://no-such-host.invalid' },
        code: 'TARGET_UNREACHABLE',
        check: 'connect',
        outcome: 'unreachable',
      },
      {
        what: 'closed port',
        secret: { ...secret, api_base_url: 'http://127.0.0.1:1' },
        code: 'TARGET_UNREACHABLE',
        check: 'connect',
        outcome: 'unreachable',
      },
    ],
    malformed: [
      {},
      'text',
      { ...secret, pagerduty_api_key: 'two words here' },
      { ...secret, pagerduty_api_key: 'short' },
      { ...secret, pagerduty_api_key: undefined },
      { ...secret, pagerduty_company_name: 'https://example.pagerduty.com' },
      { ...secret, pagerduty_company_name: '' },
      { ...secret, api_base_url: 'http://api.pagerduty.com' },
    ],
    newPrincipal: async (name) => person(company.newUser(undefined, name)),
    hasAccess: async (principal, wished) => company.hasAccess(principal, wished),
    opens: async () => false,
    giveByHand: async (principal, wished) => company.giveByHand(principal, wished),
    giveOtherwiseByHand: async (principal, wished) => {
      const higher = { ...wished, permission: 'Manager' };
      company.giveByHand(principal, higher);
      return higher;
    },
    removeByHand: async ({ principal, target }) => {
      const user = company.userOf(principal);
      if (user === undefined) return;
      if (target.kind === 'team') company.team(target.path[0] ?? '').members.delete(user.id);
      else if (target.kind === 'account') user.role = 'restricted_access';
      else primary.overrides = primary.overrides.filter((override) => override.user !== user.id);
    },
    ...(place === 'schedule' && {
      // As like the one to come as an override can be: there is no place for a mark.
      occupy: async ({ plannedAt, state, ...intent }: PagerdutyIntent) => {
        if (!isOverride(state)) throw new Error('not an override');
        const end = endOf({ ...intent, plannedAt, state } as Intent<OverrideState>);
        primary.overrides.push({ id: account.newId('Q'), user: state.user, start: plannedAt, end });
      },
      vacate: async ({ state }: PagerdutyIntent) => {
        primary.overrides = primary.overrides.filter(({ user }) => !isOverride(state) || user !== state.user);
      },
    }),
    nativeExpiry: async () => undefined,
    faults: fake.vendor,
    leftovers: async () => company.leftovers(),
    stop: () => company.stop(),
  };
}

function isOverride(state: PagerdutyState): state is OverrideState {
  return 'schedule' in state;
}
