import type { Principal } from '@axiom-runner/protocol';
import type { SlotState } from '../../../src/integration-kit/slots/slot.js';
import { okta } from '../../../src/integrations/okta/integration.js';
import { STANDARD_ROLES } from '../../../src/integrations/okta/role-assignments.js';
import type { OktaSecret } from '../../../src/integrations/okta/secret.js';
import { findUser } from '../../support/fake-vendor/okta/user-routes.js';
import type { ContractHarness, RunningSystem } from '../contract/contract.js';
import type { Wish } from '../runner-harness.js';
import { ExampleOrg, POWERLESS, SYSTEM, TOKEN } from './example-org.js';

type GrantedWish = Omit<Wish, 'principal'>;
/** Each is a way of its own to give access. */
export type Way = 'group' | 'app' | 'standard role' | 'custom role';

const UNPLEASANT = [
  "o'brien@example.com",
  '"quoted"@example.com',
  'a/b/../c@example.com',
  '100%25@example.com',
  'zoë.日本@example.com',
  'a b?c#d@example.com',
];
const NO_ID = 'x'.repeat(20);

/** Okta as one of the systems of the shared contract, tried with one of the ways to give access. */
export function contractHarness(way: Way): ContractHarness<OktaSecret, SlotState> {
  return { integration: okta, start: () => start(way) };
}

async function start(way: Way): Promise<RunningSystem<SlotState>> {
  const org = await ExampleOrg.start();
  const { world } = org;
  const wishes = wishesOf(org);
  const userOf = ({ id }: Principal) => findUser(world, id) ?? [...world.users.values()].find(({ login }) => login === id);
  const [group, role, set] = [org.group.id, org.customRole.id, org.resourceSet.id];

  return {
    system: SYSTEM,
    secret: org.secret(),
    canaries: [TOKEN, POWERLESS],
    wish: wishes[way],
    hostileTargets: way === 'group' ? UNPLEASANT.map((name) => ({ kind: 'group', path: [world.addGroup(name).id] })) : [],
    hostilePrincipalNames: UNPLEASANT,
    impossible: [
      { what: 'no group', wish: { ...wishes.group, target: { kind: 'group', path: [world.newId('00g')] } }, code: 'TARGET_NOT_FOUND' },
      { what: 'no id of a group', wish: { ...wishes.group, target: { kind: 'group', path: ['Analysts'] } }, code: 'TARGET_NOT_FOUND' },
      { what: 'no id at all', wish: { ...wishes.group, target: { kind: 'group', path: [NO_ID] } }, code: 'TARGET_NOT_FOUND' },
      { what: 'a path too long', wish: { ...wishes.group, target: { kind: 'group', path: [group, group] } }, code: 'TARGET_NOT_FOUND' },
      { what: 'an unknown kind', wish: { ...wishes.group, target: { kind: 'policy', path: [group] } }, code: 'UNSUPPORTED' },
      { what: 'everyone', wish: { ...wishes.group, target: { kind: 'group', path: [org.everyone.id] } }, code: 'UNSUPPORTED' },
      { what: 'no permission of a group', wish: { ...wishes.group, permission: 'Owner' }, code: 'PERMISSION_NOT_FOUND' },
      { what: 'no app', wish: { ...wishes.app, target: { kind: 'app', path: [world.newId('0oa')] } }, code: 'TARGET_NOT_FOUND' },
      { what: 'no permission of an app', wish: { ...wishes.app, permission: 'Admin' }, code: 'PERMISSION_NOT_FOUND' },
      {
        what: 'another org',
        wish: { ...wishes['standard role'], target: { kind: 'org', path: [world.newId('00o')] } },
        code: 'TARGET_NOT_FOUND',
      },
      { what: 'no standard role', wish: { ...wishes['standard role'], permission: 'KING' }, code: 'PERMISSION_NOT_FOUND' },
      { what: 'the role of super admins', wish: { ...wishes['standard role'], permission: 'SUPER_ADMIN' }, code: 'UNSUPPORTED' },
      {
        what: 'no set',
        wish: { ...wishes['custom role'], target: { kind: 'resource-set', path: [world.newId('iam')] } },
        code: 'TARGET_NOT_FOUND',
      },
      { what: 'no custom role', wish: { ...wishes['custom role'], permission: world.newId('cr0') }, code: 'PERMISSION_NOT_FOUND' },
      { what: 'no principal', wish: { principal: { kind: 'user', id: 'nobody@example.com' } }, code: 'PRINCIPAL_NOT_FOUND' },
      { what: 'no id of a principal', wish: { principal: { kind: 'user', id: world.newId('00u') } }, code: 'PRINCIPAL_NOT_FOUND' },
      { what: 'a principal of another kind', wish: { principal: { kind: 'group', id: group } }, code: 'UNSUPPORTED' },
      { what: "the runner's own user", wish: { principal: { kind: 'user', id: org.runner.id } }, code: 'UNSUPPORTED' },
      { what: 'a temporary credential', wish: { principal: undefined }, code: 'UNSUPPORTED' },
    ],
    closed: [
      {
        what: 'wrong token',
        secret: org.secret({ token: 'canaryOfAWrongToken' }),
        code: 'TARGET_AUTH_FAILED',
        check: 'connect',
        outcome: 'authentication_failed',
      },
      {
        what: 'no such host',
        secret: { okta_domain: 'no-such-host.invalid', token: TOKEN },
        code: 'TARGET_UNREACHABLE',
        check: 'connect',
        outcome: 'unreachable',
      },
      {
        what: 'closed port',
        secret: org.secret({ api_base_url: 'http://127.0.0.1:1' }),
        code: 'TARGET_UNREACHABLE',
        check: 'connect',
        outcome: 'unreachable',
      },
      {
        what: 'no admin role',
        secret: org.secret({ token: POWERLESS }),
        code: 'TARGET_PERMISSION_DENIED',
        check: 'users',
        outcome: 'empty',
      },
    ],
    malformed: [
      {},
      'text',
      org.secret({ okta_domain: '' }),
      org.secret({ okta_domain: 'http://example.okta.com' }),
      org.secret({ okta_domain: 'example.okta.com/api' }),
      org.secret({ okta_domain: 'example.okta.com:8443' }),
      org.secret({ okta_domain: 'user@example.okta.com' }),
      org.secret({ okta_domain: 'example-admin.okta.com' }),
      org.secret({ okta_domain: '169.254.169.254' }),
      org.secret({ token: undefined }),
      org.secret({ token: 'two words' }),
      org.secret({ token: 'line\nbreak' }),
      org.secret({ api_base_url: 'http://example.com' }),
    ],
    newPrincipal: async (name) => ({ kind: 'user', id: name === undefined ? org.addPerson().id : org.addPerson(name).login }),
    hasAccess: async (principal, wish) => holds(org, userOf(principal)?.id ?? '', wish),
    everyWish: [
      wishes.group,
      wishes.app,
      ...Object.keys(STANDARD_ROLES).map((permission) => ({ ...wishes['standard role'], permission })),
      wishes['custom role'],
    ],
    opens: async () => false,
    giveByHand: async (principal, { target, permission }) => {
      const id = userOf(principal)?.id ?? '';
      if (target.kind === 'group') world.addMember(org.group, id);
      else if (target.kind === 'app') org.app.users.set(id, 'USER');
      else if (target.kind === 'org') world.addRole({ kind: 'user', id }, permission);
      else world.bind(set, role, { kind: 'user', id });
    },
    removeByHand: async ({ principal, target }) => {
      const id = userOf(principal)?.id ?? '';
      if (target.kind === 'group') world.removeMember(org.group, id);
      else if (target.kind === 'app') org.app.users.delete(id);
      else if (target.kind === 'org') for (const held of world.rolesOf(id)) world.roles.delete(held.id);
      else for (const { binding, member } of world.bindingsOf(id)) world.unbind(binding, member);
    },
    nativeExpiry: async () => undefined,
    faults: org.fake.vendor,
    // Nothing in Okta carries a mark; whether an access is gone is asked of the org itself.
    leftovers: async () => [],
    stop: () => org.stop(),
  };
}

/** What can be asked for in the example. */
export function wishesOf(org: ExampleOrg): Readonly<Record<Way, GrantedWish>> {
  return {
    group: { target: { kind: 'group', path: [org.group.id] }, permission: 'Member' },
    app: { target: { kind: 'app', path: [org.app.id] }, permission: 'Assigned' },
    'standard role': { target: { kind: 'org', path: [org.world.orgId] }, permission: 'HELP_DESK_ADMIN' },
    'custom role': { target: { kind: 'resource-set', path: [org.resourceSet.id] }, permission: org.customRole.id },
  };
}

/** Whether a user has an access, by the org's own judgement. */
export function holds({ world }: ExampleOrg, userId: string, { target: { kind, path }, permission }: GrantedWish): boolean {
  const [id = ''] = path;
  if (kind === 'group') return world.groups.get(id)?.members.has(userId) ?? false;
  if (kind === 'app') return world.apps.get(id)?.users.has(userId) ?? false;
  if (kind === 'org') return world.rolesOf(userId).some(({ type }) => type === permission);
  return world.bindingsOf(userId).some(({ binding }) => binding.set === id && binding.role === permission);
}
