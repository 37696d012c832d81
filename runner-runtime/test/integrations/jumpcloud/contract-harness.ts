import type { SlotState } from '../../../src/integration-kit/slots/slot.js';
import { ADMIN, PASSWORDLESS } from '../../../src/integrations/jumpcloud/access-requests.js';
import { jumpcloud } from '../../../src/integrations/jumpcloud/integration.js';
import type { JumpCloudSecret } from '../../../src/integrations/jumpcloud/secret.js';
import type { ContractHarness, RunningSystem } from '../contract/contract.js';
import { Directory, group, KEY, READER, STRANGER, user } from './directory.js';

/** Each is a way of its own to give access. */
export type Way = 'group' | 'application' | 'device';

const NAMES = ['x', 'UPPER.lower-1_2', "o'brien", 'a/b/../c', '100%25', 'zoë.日本', 'a?b#c&d=e+f', 'nobody@example.org'];
const NO_ID = '0'.repeat(24);

/** JumpCloud as one of the systems of the shared contract, tried with one of the ways to give access. */
export function contractHarness(way: Way): ContractHarness<JumpCloudSecret, SlotState> {
  return { integration: jumpcloud, start: () => start(way) };
}

async function start(way: Way): Promise<RunningSystem<SlotState>> {
  const directory = await Directory.start();
  const { world, wishes } = directory;
  const dynamic = world.addGroup('By rule', 'DYNAMIC_AUTOMATED');
  const suspended = world.addUser('suspended');
  suspended.suspended = true;
  const unbound = world.addUser('unbound');
  const off = world.addApplication('Off');
  off.active = false;
  const target = (kind: string, ...path: string[]) => ({ target: { kind, path } });

  return {
    system: directory.system,
    secret: directory.secret(),
    canaries: [KEY, READER, STRANGER],
    wish: wishes[way],
    everyWish: [
      wishes.group,
      wishes.application,
      { ...wishes.application, principal: async () => group(directory.newGroup()) },
      ...[ADMIN, PASSWORDLESS].map((permission) => ({ ...wishes.device, permission })),
    ],
    hostileTargets: way === 'group' ? NAMES.map((name) => ({ kind: 'group', path: [world.addGroup(name).id] })) : [],
    hostilePrincipalNames: NAMES,
    impossible: [
      { what: 'no group', wish: { ...wishes.group, ...target('group', NO_ID) }, code: 'TARGET_NOT_FOUND' },
      { what: 'no id of a group', wish: { ...wishes.group, ...target('group', 'Analysts') }, code: 'TARGET_NOT_FOUND' },
      { what: 'a path that leaves its place', wish: { ...wishes.group, ...target('group', '..') }, code: 'TARGET_NOT_FOUND' },
      { what: 'a path too long', wish: { ...wishes.group, ...target('group', directory.group.id, 'x') }, code: 'TARGET_NOT_FOUND' },
      { what: 'a group by rule', wish: { ...wishes.group, ...target('group', dynamic.id) }, code: 'UNSUPPORTED' },
      { what: 'an unknown kind', wish: { ...wishes.group, ...target('policy', NO_ID) }, code: 'UNSUPPORTED' },
      { what: 'a kind of every object', wish: { ...wishes.group, ...target('constructor', NO_ID) }, code: 'UNSUPPORTED' },
      { what: 'no permission of a group', wish: { ...wishes.group, permission: 'Owner' }, code: 'PERMISSION_NOT_FOUND' },
      { what: 'a group in a group', wish: { ...wishes.group, principal: group(directory.group) }, code: 'UNSUPPORTED' },
      { what: 'no application', wish: { ...wishes.application, ...target('application', NO_ID) }, code: 'TARGET_NOT_FOUND' },
      { what: 'an application that is off', wish: { ...wishes.application, ...target('application', off.id) }, code: 'UNSUPPORTED' },
      {
        what: 'an application for no group',
        wish: { ...wishes.application, principal: group({ id: NO_ID }) },
        code: 'PRINCIPAL_NOT_FOUND',
      },
      { what: 'no permission of an application', wish: { ...wishes.application, permission: ADMIN }, code: 'PERMISSION_NOT_FOUND' },
      { what: 'no device', wish: { ...wishes.device, ...target('device', NO_ID) }, code: 'TARGET_NOT_FOUND' },
      { what: 'a device for a group', wish: { ...wishes.device, principal: group(directory.group) }, code: 'UNSUPPORTED' },
      { what: 'a device of others', wish: { ...wishes.device, principal: user(unbound) }, code: 'UNSUPPORTED' },
      { what: 'a plain user of a device', wish: { ...wishes.device, permission: 'Standard' }, code: 'PERMISSION_NOT_FOUND' },
      { what: 'no principal', wish: { principal: user({ id: NO_ID }) }, code: 'PRINCIPAL_NOT_FOUND' },
      { what: 'no user name', wish: { principal: user({ id: 'nobody' }) }, code: 'PRINCIPAL_NOT_FOUND' },
      { what: 'no e-mail', wish: { principal: user({ id: 'nobody@example.com' }) }, code: 'PRINCIPAL_NOT_FOUND' },
      { what: 'a principal that leaves its place', wish: { principal: user({ id: '../usergroups' }) }, code: 'PRINCIPAL_NOT_FOUND' },
      { what: 'a name that filters for more', wish: { principal: user({ id: 'a:$ne:b' }) }, code: 'PRINCIPAL_NOT_FOUND' },
      { what: 'a suspended user', wish: { principal: user(suspended) }, code: 'UNSUPPORTED' },
      { what: 'another kind of principal', wish: { principal: { kind: 'role', id: NO_ID } }, code: 'UNSUPPORTED' },
      { what: 'a temporary credential', wish: { principal: undefined }, code: 'UNSUPPORTED' },
    ],
    closed: [
      {
        what: 'a key that was replaced',
        secret: directory.secret({ api_key: 'jca_old' }),
        code: 'TARGET_AUTH_FAILED',
        check: 'key',
        outcome: 'authentication_failed',
      },
      {
        what: 'a key of another organization',
        secret: directory.secret({ api_key: STRANGER }),
        code: 'TARGET_PERMISSION_DENIED',
        check: 'organization',
        outcome: 'failed',
      },
      {
        what: 'no such host',
        secret: directory.secret({ api_base_url: 'https://no-such-host.invalid' }),
        code: 'TARGET_UNREACHABLE',
        check: 'key',
        outcome: 'unreachable',
      },
      {
        what: 'closed port',
        secret: directory.secret({ api_base_url: 'http://127.0.0.1:1' }),
        code: 'TARGET_UNREACHABLE',
        check: 'key',
        outcome: 'unreachable',
      },
    ],
    malformed: [
      {},
      'text',
      directory.secret({ api_key: undefined }),
      directory.secret({ api_key: '' }),
      directory.secret({ api_key: 'two words' }),
      directory.secret({ api_key: 'line\nbreak' }),
      directory.secret({ api_base_url: 'http://console.example.com' }),
      directory.secret({ api_base_url: 'https://console.example.com/?x=1' }),
    ],
    newPrincipal: async (name) => user({ id: name === undefined ? directory.newUser().id : directory.newUser(name).username }),
    hasAccess: async (principal, wish) => directory.hasAccess(principal, wish),
    opens: async () => false,
    giveByHand: async (principal) => give(directory, way, directory.idOf(principal)),
    // A request of somebody else is told from the runner's own.
    ...(way === 'device' && {
      giveOtherwiseByHand: async (principal) => {
        give(directory, way, directory.idOf(principal));
        return wishes.device;
      },
    }),
    removeByHand: async ({ principal }) => {
      const id = directory.idOf(principal);
      if (way === 'group') directory.group.members.delete(id);
      else if (way === 'application') directory.application.user.delete(id);
      else for (const request of world.grantedOn(directory.device.id, id)) request.revoked = true;
    },
    nativeExpiry: async ({ state: { slot } }) => world.grantedOn(slot[0] ?? '', slot[1] ?? '')[0]?.expiry,
    faults: directory.fake.vendor,
    leftovers: async () =>
      [...world.requests.values()]
        .filter((request) => world.isGranted(request) && request.remarks.startsWith('axm_'))
        .map(({ accessId }) => `access request ${accessId}`),
    stop: () => directory.stop(),
  };
}

function give(directory: Directory, way: Way, id: string): void {
  if (way === 'group') directory.group.members.add(id);
  else if (way === 'application') directory.application.user.add(id);
  else {
    directory.world.addRequest({
      userId: id,
      deviceId: directory.device.id,
      remarks: 'by hand',
      sudo: { enabled: true, withoutPassword: false },
      expiry: 4_000_000_000,
    });
  }
}
