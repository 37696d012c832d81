import type { Principal } from '@axiom-runner/protocol';
import type { SlotState } from '../../../src/integration-kit/slots/slot.js';
import { googleworkspace } from '../../../src/integrations/googleworkspace/integration.js';
import type { WorkspaceSecret } from '../../../src/integrations/googleworkspace/secret.js';
import type { Intent } from '../../../src/integrations/intent.js';
import type { Domain, FakeGroup } from '../../support/fake-vendor/googleworkspace/domain.js';
import { FakeWorkspace, newKey, pem } from '../../support/fake-vendor/googleworkspace/fake-workspace.js';
import { TOKEN_CANARY } from '../../support/fake-vendor/googleworkspace/tokens.js';
import type { ContractHarness, RunningSystem } from '../contract/contract.js';
import type { Wish } from '../runner-harness.js';

const RANK = ['MEMBER', 'MANAGER', 'OWNER'];
type Access = Omit<Wish, 'principal'>;

/** Google Workspace, as the contract suite tries it. @param way what most of the suite asks for */
export const workspaceHarness = (way: 'membership' | 'admin-role'): ContractHarness<WorkspaceSecret, SlotState> => ({
  integration: googleworkspace,
  start: async () => {
    const system = running(await FakeWorkspace.start());
    return way === 'membership' ? system : asAdminRole(system);
  },
});

/** The same with a role of administrators in the place of a membership, which has no levels. */
function asAdminRole(system: RunningSystem<SlotState>): RunningSystem<SlotState> {
  const { everyWish = [] } = system;
  const wish = everyWish.find(({ target }) => target.kind === 'customer') ?? system.wish;
  const { giveOtherwiseByHand: _, ...rest } = system;
  const impossible = system.impossible.filter((entry) => 'principal' in entry.wish && entry.wish.principal?.kind !== 'group');
  return { ...rest, wish, hostileTargets: [], impossible };
}

function running(fake: FakeWorkspace): RunningSystem<SlotState> {
  const { domain } = fake;
  const group = domain.addGroup('platform');
  const other = domain.addGroup('auditors');
  const unpleasant = [domain.addGroup("o'hara.all-hands_2"), domain.addGroup('x'.repeat(60))];
  const unit = domain.addOrgUnit('/Ingénierie/R & D');
  domain.addRole('_SEED_ADMIN_ROLE', { isSuperAdminRole: true });
  const helpDesk = domain.addRole('_HELP_DESK_ADMIN_ROLE');
  const custom = domain.addRole('Leser & "Prüfer" \'2\'');
  domain.setMember(other.id, { id: domain.customerId, email: '', type: 'CUSTOMER', role: 'MEMBER', byInterface: false });
  domain.assign({ roleId: custom.roleId, assignedTo: fake.administrator.id, scopeType: 'ORG_UNIT', orgUnitId: unit, byInterface: false });
  let users = 0;

  const newPrincipal = async (name?: string): Promise<Principal> => {
    users += 1;
    return { kind: 'user', id: domain.addUser(name ?? `user-${users}`).id };
  };
  const onGroup = (permission: string, { id }: FakeGroup = group): Access => ({ target: { kind: 'group', path: [id] }, permission });
  const onCustomer = (permission: string): Access => ({ target: { kind: 'customer', path: [domain.customerId] }, permission });
  const onUnit = (permission: string): Access => ({ target: { kind: 'orgunit', path: [domain.customerId, unit] }, permission });
  const elsewhere = 'http://127.0.0.1:1';

  return {
    system: { type: 'googleworkspace', id: domain.customerId },
    secret: fake.secret(),
    canaries: [TOKEN_CANARY, String(fake.secret()['private_key']).split('\n')[3] ?? 'no line'],
    wish: onGroup('MEMBER'),
    hostileTargets: [
      ...unpleasant.map(({ email }) => ({ kind: 'group', path: [email] })),
      { kind: 'group', path: ['PLATFORM@Example.com'] },
    ],
    hostilePrincipalNames: ["o'brien", 'anna-maria.b_c', 'y'.repeat(60)],
    impossible: [
      { what: 'another kind of target', wish: { target: { kind: 'drive', path: ['d'] } }, code: 'UNSUPPORTED' },
      { what: 'a kind of target that objects have', wish: { target: { kind: 'constructor', path: ['d'] } }, code: 'UNSUPPORTED' },
      { what: 'another permission', wish: { permission: 'member' }, code: 'PERMISSION_NOT_FOUND' },
      { what: 'no such group', wish: onGroupKey('nobody@example.com'), code: 'TARGET_NOT_FOUND' },
      { what: 'a group that leaves its path', wish: onGroupKey('../users/1'), code: 'TARGET_NOT_FOUND' },
      { what: 'a path that is too long', wish: { target: { kind: 'group', path: [group.id, 'more'] } }, code: 'TARGET_NOT_FOUND' },
      { what: "a runner's group", wish: onGroup('MEMBER', domain.addGroup('axm_abc')), code: 'UNSUPPORTED' },
      { what: 'no such user', wish: { principal: { kind: 'user', id: 'nobody@example.com' } }, code: 'PRINCIPAL_NOT_FOUND' },
      { what: 'a user that leaves its path', wish: { principal: { kind: 'user', id: '../groups' } }, code: 'PRINCIPAL_NOT_FOUND' },
      { what: 'another kind of principal', wish: { principal: { kind: 'role', id: '1' } }, code: 'UNSUPPORTED' },
      { what: 'a temporary credential', wish: { principal: undefined }, code: 'UNSUPPORTED' },
      { what: 'the administrator of the runner', wish: { principal: { kind: 'user', id: fake.administrator.id } }, code: 'UNSUPPORTED' },
      { what: 'a group in itself', wish: { principal: { kind: 'group', id: group.id } }, code: 'UNSUPPORTED' },
      { what: 'a super administrator', wish: onCustomer('_SEED_ADMIN_ROLE'), code: 'UNSUPPORTED' },
      { what: 'no such role', wish: onCustomer('MEMBER'), code: 'PERMISSION_NOT_FOUND' },
      {
        what: 'another organization',
        wish: { ...onCustomer(helpDesk.roleName), target: { kind: 'customer', path: ['C0other'] } },
        code: 'TARGET_NOT_FOUND',
      },
      {
        what: 'no such organizational unit',
        wish: { ...onUnit(helpDesk.roleName), target: { kind: 'orgunit', path: [domain.customerId, '03ph0'] } },
        code: 'TARGET_NOT_FOUND',
      },
      {
        what: 'an organizational unit without its id',
        wish: { ...onUnit(helpDesk.roleName), target: { kind: 'orgunit', path: [domain.customerId] } },
        code: 'TARGET_NOT_FOUND',
      },
    ],
    closed: [
      { what: 'a deleted key', secret: fake.secret({ private_key: pem(newKey()) }), ...refusedAs('authentication_failed') },
      {
        what: 'an unknown administrator',
        secret: fake.secret({ impersonation_email: 'ghost@example.com' }),
        ...refusedAs('authentication_failed'),
      },
      {
        what: 'an account that is gone',
        secret: fake.secret({ client_email: 'gone@project-1.iam.gserviceaccount.com' }),
        ...refusedAs('authentication_failed'),
      },
      {
        what: 'an account without delegation',
        secret: notDelegated(fake),
        code: 'TARGET_PERMISSION_DENIED',
        check: 'token',
        outcome: 'authentication_failed',
      },
      {
        what: 'an endpoint that is not there',
        secret: fake.secret({ api_base_url: elsewhere, token_uri: `${elsewhere}/token` }),
        code: 'TARGET_UNREACHABLE',
        check: 'token',
        outcome: 'unreachable',
      },
    ],
    malformed: [
      {},
      fake.secret({ type: 'authorized_user' }),
      fake.secret({ private_key: '-----BEGIN PRIVATE KEY-----<>-----END PRIVATE KEY-----\n' }),
      fake.secret({ token_uri: 'https://oauth2.example.com/token' }),
      fake.secret({ customer_id: '../x' }),
      fake.secret({ api_base_url: 'http://api.example.com' }),
    ],
    newPrincipal,
    hasAccess: async (principal, wish) => hasAccess(domain, principal, wish),
    everyWish: [
      onGroup('MEMBER'),
      onGroup('MANAGER'),
      onGroup('OWNER'),
      onCustomer(helpDesk.roleName),
      onCustomer(custom.roleId),
      onUnit(custom.roleName),
      { ...onGroup('MEMBER'), principal: async () => ({ kind: 'group', id: domain.addGroup(`nested-${users}`).email }) },
      {
        ...onCustomer(helpDesk.roleName),
        principal: async () => ({ kind: 'group', id: domain.addGroup('helpers', { security: true }).id }),
      },
    ],
    opens: async () => false,
    giveByHand: async (principal, wish) => {
      if (wish.target.kind === 'group') return giveByHand(domain, principal, wish, wish.permission);
      domain.assign({ roleId: roleIdOf(domain, wish.permission), assignedTo: principal.id, scopeType: 'CUSTOMER', byInterface: false });
    },
    giveOtherwiseByHand: async (principal, wish) => {
      giveByHand(domain, principal, wish, 'OWNER');
      return { ...wish, permission: 'OWNER' };
    },
    removeByHand: async ({ state: { way, slot, value } }: Intent<SlotState>) => {
      if (way === 'membership') return domain.removeMember(slot[0] ?? '', slot[2] ?? '');
      for (const [id, { assignedTo, roleId }] of domain.assignments) {
        if (assignedTo === slot[0] && roleId === value[0]) domain.assignments.delete(id);
      }
    },
    nativeExpiry: async ({ state }) => domain.member(state.slot[0] ?? '', state.slot[2] ?? '')?.expiresAt,
    faults: fake.vendor,
    leftovers: async () => leftovers(domain),
    stop: () => fake.stop(),
  };
}

function onGroupKey(key: string): Access {
  return { target: { kind: 'group', path: [key] }, permission: 'MEMBER' };
}

function refusedAs(outcome: 'authentication_failed') {
  return { code: 'TARGET_AUTH_FAILED', check: 'token', outcome } as const;
}

/** Another service account, which nothing was delegated to. */
function notDelegated(fake: FakeWorkspace): Readonly<Record<string, string>> {
  const [key, email] = [newKey(), 'other@project-1.iam.gserviceaccount.com'];
  fake.tokens.add(email, 'other-key', key, []);
  return fake.secret({ client_email: email, private_key: pem(key), private_key_id: 'other-key' });
}

function idOf(domain: Domain, { kind, id }: Principal): string {
  return (kind === 'user' ? domain.user(id)?.id : domain.group(id)?.id) ?? '';
}

function roleIdOf(domain: Domain, permission: string): string {
  return [...domain.roles.values()].find(({ roleId, roleName }) => roleId === permission || roleName === permission)?.roleId ?? '';
}

function hasAccess(domain: Domain, principal: Principal, { target, permission }: Access): boolean {
  const id = idOf(domain, principal);
  if (target.kind === 'group') {
    const role = domain.member(domain.group(target.path[0] ?? '')?.id ?? '', id)?.role;
    return role !== undefined && RANK.indexOf(role) >= RANK.indexOf(permission);
  }
  const unit = target.path[1];
  const role = roleIdOf(domain, permission);
  return [...domain.assignments.values()].some(
    ({ roleId, assignedTo, orgUnitId }) => roleId === role && assignedTo === id && orgUnitId === unit,
  );
}

function giveByHand(domain: Domain, principal: Principal, { target }: Access, role: string): void {
  const id = idOf(domain, principal);
  const group = domain.group(target.path[0] ?? '')?.id ?? '';
  const email = domain.user(id)?.primaryEmail ?? domain.group(id)?.email ?? '';
  domain.setMember(group, { id, email, role, type: principal.kind === 'user' ? 'USER' : 'GROUP', byInterface: false });
}

function leftovers(domain: Domain): string[] {
  const members = [...domain.members].flatMap(([group, of]) =>
    [...of.values()]
      .filter((member) => member.byInterface || member.expiresAt !== undefined)
      .map(({ email, role }) => `${email} is ${role} of ${group}`),
  );
  const assignments = [...domain.assignments.values()]
    .filter(({ byInterface }) => byInterface)
    .map(({ roleId, assignedTo }) => `${assignedTo} has ${roleId}`);
  return [...members, ...assignments];
}
