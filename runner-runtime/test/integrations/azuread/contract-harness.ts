import type { Principal } from '@axiom-runner/protocol';
import { azuread } from '../../../src/integrations/azuread/integration.js';
import type { AzureadSecret } from '../../../src/integrations/azuread/secret.js';
import type { AzureadState } from '../../../src/integrations/azuread/state.js';
import { TOKEN_CANARY } from '../../support/fake-vendor/azuread/sign-in.js';
import { DOMAIN, type Registration } from '../../support/fake-vendor/azuread/state.js';
import type { ContractHarness, RunningSystem } from '../contract/contract.js';
import type { Wish } from '../runner-harness.js';
import { GLOBAL_ADMINISTRATOR, SYSTEM, Tenant } from './tenant.js';

type GrantedWish = Omit<Wish, 'principal'>;

const UNUSED = '11111111-2222-4333-8444-555555555555';
/** All that a user principal name may hold. */
const HOSTILE_NAMES = [`o'neil.d''arc@${DOMAIN}`, `guest_example.com#EXT#@${DOMAIN}`, `!^~_-.x@${DOMAIN}`];

/** What the suite is run on: each way to give access has a life of its own. */
export type Main = 'group' | 'directory' | 'app';

async function start(main: Main): Promise<RunningSystem<AzureadState>> {
  const tenant = await Tenant.start();
  const { directory, vendor } = tenant.entra;
  const wishes: Record<Main, GrantedWish> = {
    group: { target: { kind: 'group', path: [tenant.group.id] }, permission: 'Member' },
    directory: { target: { kind: 'directory', path: [SYSTEM.id] }, permission: 'User Administrator' },
    app: { target: { kind: 'app', path: [tenant.app.id] }, permission: 'Reader' },
  };
  const wish = wishes[main];
  const idOf = ({ id }: Principal) => [...directory.users.values()].find((user) => user.userPrincipalName === id)?.id ?? id;
  const nobody = directory.register('nobody', []);
  const reader = directory.register('blind', ['GroupMember.ReadWrite.All']);
  const expired = directory.register('expired', [], { isSecretExpired: true });
  const closed = (what: string, secret: object, code: 'TARGET_AUTH_FAILED' | 'TARGET_UNREACHABLE') =>
    ({
      what,
      secret: { ...tenant.secret(), ...secret },
      code,
      check: 'token',
      outcome: code === 'TARGET_AUTH_FAILED' ? 'authentication_failed' : 'unreachable',
    }) as const;
  const credential = ({ clientId, secret }: Registration) => ({ azuread_client_id: clientId, azuread_client_secret: secret });
  const hostile = ["O'Neil & “sons”", '../../../users', '$filter=1 eq 1', '\u202egroup'];

  return {
    system: SYSTEM,
    secret: tenant.secret(),
    canaries: [tenant.registration.secret, TOKEN_CANARY],
    wish,
    hostileTargets:
      main === 'group' ? hostile.map((displayName) => ({ kind: 'group', path: [directory.newGroup({ displayName }).id] })) : [],
    hostilePrincipalNames: HOSTILE_NAMES,
    impossible: [
      { what: 'an unknown kind', wish: { target: { kind: 'mailbox', path: [tenant.group.id] } }, code: 'UNSUPPORTED' },
      { what: 'a path too long', wish: { target: { kind: 'group', path: [tenant.group.id, 'x'] } }, code: 'TARGET_NOT_FOUND' },
      { what: 'no group', wish: { ...wishes.group, target: { kind: 'group', path: [UNUSED] } }, code: 'TARGET_NOT_FOUND' },
      { what: 'a group by name', wish: { ...wishes.group, target: { kind: 'group', path: ['People'] } }, code: 'TARGET_NOT_FOUND' },
      { what: 'no application', wish: { ...wishes.app, target: { kind: 'app', path: [UNUSED] } }, code: 'TARGET_NOT_FOUND' },
      { what: 'another directory', wish: { ...wishes.directory, target: { kind: 'directory', path: [UNUSED] } }, code: 'TARGET_NOT_FOUND' },
      { what: 'no permission on a group', wish: { ...wishes.group, permission: 'Owner' }, code: 'PERMISSION_NOT_FOUND' },
      { what: 'no directory role', wish: { ...wishes.directory, permission: 'Emperor' }, code: 'PERMISSION_NOT_FOUND' },
      { what: 'no app role', wish: { ...wishes.app, permission: 'Emperor' }, code: 'PERMISSION_NOT_FOUND' },
      { what: 'no principal', wish: { principal: { kind: 'user', id: UNUSED } }, code: 'PRINCIPAL_NOT_FOUND' },
      { what: 'no such name', wish: { principal: { kind: 'user', id: `nobody@${DOMAIN}` } }, code: 'PRINCIPAL_NOT_FOUND' },
      { what: 'a group as a user', wish: { principal: { kind: 'user', id: tenant.group.id } }, code: 'PRINCIPAL_NOT_FOUND' },
      { what: 'a principal of another kind', wish: { principal: { kind: 'device', id: UNUSED } }, code: 'UNSUPPORTED' },
      { what: 'a temporary principal', wish: { principal: undefined }, code: 'UNSUPPORTED' },
      { what: 'a role that rules all', wish: { ...wishes.directory, permission: GLOBAL_ADMINISTRATOR }, code: 'UNSUPPORTED' },
    ],
    closed: [
      closed('wrong secret', { azuread_client_secret: 'a~wrong.secret' }, 'TARGET_AUTH_FAILED'),
      closed('expired secret', credential(expired), 'TARGET_AUTH_FAILED'),
      closed('no such application', { azuread_client_id: UNUSED }, 'TARGET_AUTH_FAILED'),
      closed('no such tenant', { azuread_tenant_id: UNUSED }, 'TARGET_AUTH_FAILED'),
      closed('closed port', { api_base_url: 'http://127.0.0.1:1' }, 'TARGET_UNREACHABLE'),
      {
        what: 'no consent',
        secret: { ...tenant.secret(), ...credential(nobody) },
        code: 'TARGET_PERMISSION_DENIED',
        check: 'consent',
        outcome: 'permission_missing',
      },
      {
        what: 'users that cannot be read',
        secret: { ...tenant.secret(), ...credential(reader) },
        code: 'TARGET_PERMISSION_DENIED',
        check: 'users',
        outcome: 'permission_missing',
      },
    ],
    malformed: [
      {},
      'text',
      { ...tenant.secret(), azuread_tenant_id: '' },
      { ...tenant.secret(), azuread_tenant_id: '../common' },
      { ...tenant.secret(), azuread_client_id: undefined },
      { ...tenant.secret(), azuread_client_secret: 'two\nlines' },
      { ...tenant.secret(), api_base_url: 'https://graph.example.com' },
      { ...tenant.secret(), api_base_url: 'http://graph.microsoft.com' },
    ],
    newPrincipal: async (name) => {
      const user = directory.newUser(name);
      return { kind: 'user', id: name === undefined ? user.id : user.userPrincipalName };
    },
    hasAccess: async (principal, wanted) => tenant.has(idOf(principal), wanted),
    everyWish: Object.values(wishes),
    opens: async () => false,
    giveByHand: async (principal, wanted) => tenant.give(idOf(principal), wanted),
    removeByHand: async ({ principal, target, permission }) => tenant.take(idOf(principal), { target, permission }),
    nativeExpiry: async () => undefined,
    faults: vendor,
    leftovers: async () => directory.leftovers(),
    stop: () => vendor.stop(),
  };
}

/** Microsoft Entra ID as one of the systems of the shared contract. */
export function contractHarness(main: Main): ContractHarness<AzureadSecret, AzureadState> {
  return { integration: azuread, start: () => start(main) };
}
