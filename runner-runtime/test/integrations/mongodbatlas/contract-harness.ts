import { mongodbatlas } from '../../../src/integrations/mongodbatlas/integration.js';
import { ORGANIZATION_ROLES, PROJECT_ROLES } from '../../../src/integrations/mongodbatlas/roles.js';
import type { AtlasSecret } from '../../../src/integrations/mongodbatlas/secret.js';
import type { AtlasState } from '../../../src/integrations/mongodbatlas/state.js';
import type { ContractHarness, RunningSystem } from '../contract/contract.js';
import { Organization, user } from './organization.js';

const HOSTILE_EMAILS = [
  "o'brien+x=1@example.com",
  'UPPER.lower@example.com',
  'a&b#c%20?d=/e@example.com',
  `${'x'.repeat(64)}@sub.example.com`,
];
const LEVELS = ['Read', 'Read & Write', 'Admin'];

async function start(): Promise<RunningSystem<AtlasState>> {
  const organization = await Organization.start();
  const { fake, world, secret, key, payments, website } = organization;
  const wish = { target: organization.projectTarget(), permission: 'GROUP_DATA_ACCESS_READ_ONLY' };
  const database = organization.target('database', payments.id, 'Cluster0', 'sales');
  const platform = world.addTeam('platform');
  const org = world.org.id;
  const elsewhere = organization.otherKey([{ orgId: world.newId(), roleName: 'ORG_OWNER' }]);
  const shutOut = organization.otherKey([{ orgId: org, roleName: 'ORG_OWNER' }]);
  shutOut.key.refusal = 'IP_ADDRESS_NOT_ON_ACCESS_LIST';
  const listRequired = organization.otherKey([{ orgId: org, roleName: 'ORG_OWNER' }], []);
  listRequired.key.refusal = 'ORG_REQUIRES_ACCESS_LIST';
  const memberOnly = organization.otherKey([
    { orgId: org, roleName: 'ORG_MEMBER' },
    { groupId: payments.id, roleName: 'GROUP_OWNER' },
  ]);
  const path = (...parts: string[]) => organization.target('project', ...parts);

  return {
    system: organization.system,
    secret,
    canaries: [key.privateKey],
    wish,
    credentialWish: { target: database, permission: 'Read & Write' },
    everyWish: [
      ...PROJECT_ROLES.map(({ name }) => ({ target: organization.projectTarget(website), permission: name })),
      ...PROJECT_ROLES.map(({ name }) => ({
        target: organization.projectTarget(website),
        permission: name,
        principal: async () => ({ kind: 'team', id: world.addTeam('a team').id }),
      })),
      ...ORGANIZATION_ROLES.map(({ name }) => ({ target: organization.target('organization'), permission: name })),
      { target: organization.target('team', platform.id), permission: 'Member' },
      ...LEVELS.flatMap((permission) =>
        [
          organization.projectTarget(),
          organization.target('cluster', payments.id, 'Cluster0'),
          database,
          ...(permission === 'Admin' ? [] : [organization.target('collection', payments.id, 'Cluster0', 'sales', 'orders')]),
        ].map((target) => ({ target, permission, dispense: true })),
      ),
    ],
    hostileTargets: [],
    hostilePrincipalNames: HOSTILE_EMAILS,
    impossible: [
      { what: 'no project', wish: { target: path('0123456789abcdef01234567') }, code: 'TARGET_NOT_FOUND' },
      { what: 'a project by its name', wish: { target: path('payments') }, code: 'TARGET_NOT_FOUND' },
      { what: 'a path that leaves its place', wish: { target: path('..') }, code: 'TARGET_NOT_FOUND' },
      { what: 'a path too short', wish: { target: path() }, code: 'TARGET_NOT_FOUND' },
      { what: 'a path too long', wish: { target: path(payments.id, 'Cluster0') }, code: 'TARGET_NOT_FOUND' },
      { what: 'another organization', wish: { target: { kind: 'project', path: [payments.id, payments.id] } }, code: 'TARGET_NOT_FOUND' },
      {
        what: 'no cluster',
        wish: { target: organization.target('cluster', payments.id, 'nothing'), permission: 'Read', principal: undefined },
        code: 'TARGET_NOT_FOUND',
      },
      {
        what: 'a database that cannot be',
        wish: { target: organization.target('database', payments.id, 'Cluster0', 'sa/les'), permission: 'Read', principal: undefined },
        code: 'TARGET_NOT_FOUND',
      },
      {
        what: "MongoDB's own database",
        wish: { target: organization.target('database', payments.id, 'Cluster0', 'admin'), permission: 'Read', principal: undefined },
        code: 'UNSUPPORTED',
      },
      { what: 'no team', wish: { target: organization.target('team', payments.id), permission: 'Member' }, code: 'TARGET_NOT_FOUND' },
      { what: 'an unknown kind', wish: { target: organization.target('stream', payments.id) }, code: 'UNSUPPORTED' },
      { what: 'a kind of every object', wish: { target: organization.target('constructor') }, code: 'UNSUPPORTED' },
      { what: 'no permission', wish: { permission: 'GROUP_EVERYTHING' }, code: 'PERMISSION_NOT_FOUND' },
      { what: 'a role of the organization', wish: { permission: 'ORG_READ_ONLY' }, code: 'PERMISSION_NOT_FOUND' },
      {
        what: 'the organization itself',
        wish: { target: organization.target('organization'), permission: 'ORG_OWNER' },
        code: 'UNSUPPORTED',
      },
      {
        what: 'administration of a single collection',
        wish: {
          target: organization.target('collection', payments.id, 'Cluster0', 'sales', 'orders'),
          permission: 'Admin',
          principal: undefined,
        },
        code: 'PERMISSION_NOT_FOUND',
      },
      { what: 'data for a person', wish: { permission: 'Read' }, code: 'UNSUPPORTED' },
      { what: 'a role for a temporary credential', wish: { principal: undefined }, code: 'UNSUPPORTED' },
      {
        what: 'a role in the organization for a team',
        wish: {
          target: organization.target('organization'),
          permission: 'ORG_READ_ONLY',
          principal: { kind: 'team', id: platform.id },
        },
        code: 'UNSUPPORTED',
      },
      { what: 'no such team', wish: { principal: { kind: 'team', id: payments.id } }, code: 'PRINCIPAL_NOT_FOUND' },
      { what: 'no principal', wish: { principal: { kind: 'user', id: 'nobody@example.com' } }, code: 'PRINCIPAL_NOT_FOUND' },
      { what: 'no such id', wish: { principal: { kind: 'user', id: payments.id } }, code: 'PRINCIPAL_NOT_FOUND' },
      {
        what: 'somebody who was only invited',
        wish: { principal: user(world.addUser('invited@example.com', 'PENDING')) },
        code: 'PRINCIPAL_NOT_FOUND',
      },
      { what: 'a principal that leaves its place', wish: { principal: { kind: 'user', id: '../orgs' } }, code: 'PRINCIPAL_NOT_FOUND' },
    ],
    closed: [
      {
        what: 'another private key',
        secret: { ...secret, mongodbatlas_private_key: '00000000-0000-0000-0000-000000000000' },
        code: 'TARGET_AUTH_FAILED',
        check: 'connect',
        outcome: 'authentication_failed',
      },
      {
        what: 'no such key',
        secret: { ...secret, mongodbatlas_public_key: 'zzzzzzzz' },
        code: 'TARGET_AUTH_FAILED',
        check: 'connect',
        outcome: 'authentication_failed',
      },
      {
        what: "not from the runner's address",
        secret: shutOut.secret,
        code: 'TARGET_PERMISSION_DENIED',
        check: 'access-list',
        outcome: 'permission_missing',
      },
      {
        what: 'without the access list that the organization wants',
        secret: listRequired.secret,
        code: 'TARGET_PERMISSION_DENIED',
        check: 'access-list',
        outcome: 'permission_missing',
      },
      {
        what: 'a key of another organization',
        secret: elsewhere.secret,
        code: 'TARGET_PERMISSION_DENIED',
        check: 'organization',
        outcome: 'failed',
      },
      {
        what: 'another organization',
        secret: { ...secret, mongodbatlas_org_id: payments.id },
        code: 'TARGET_NOT_FOUND',
        check: 'organization',
        outcome: 'failed',
      },
      {
        what: 'a key that sees no users',
        secret: memberOnly.secret,
        code: 'TARGET_PERMISSION_DENIED',
        check: 'organization-read',
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
      { ...secret, mongodbatlas_org_id: 'example' },
      { ...secret, mongodbatlas_org_id: `${org}/..` },
      { ...secret, mongodbatlas_public_key: 'public:key' },
      { ...secret, mongodbatlas_private_key: 'with "quotes"' },
      { ...secret, mongodbatlas_private_key: undefined },
      { ...secret, api_base_url: 'http://cloud.mongodb.com' },
    ],
    newPrincipal: async (name) => {
      const made = organization.newUser(name);
      return name === undefined ? user(made) : { kind: 'user', id: name };
    },
    hasAccess: async (principal, wished) => organization.hasAccess(principal, wished),
    opens: async (credential, wished) => organization.opens(credential, wished),
    giveByHand: async ({ id }, { permission }) => {
      const roles = world.userOf(id)?.groupRoles;
      roles?.set(payments.id, new Set([...(roles.get(payments.id) ?? []), permission]));
    },
    giveOtherwiseByHand: async ({ id }, wished) => {
      const roles = world.userOf(id)?.groupRoles;
      roles?.set(payments.id, new Set([...(roles.get(payments.id) ?? []), 'GROUP_READ_ONLY']));
      return { ...wished, permission: 'GROUP_READ_ONLY' };
    },
    removeByHand: async ({ principal }) => {
      world.userOf(principal.id)?.groupRoles.delete(payments.id);
    },
    nativeExpiry: async ({ state }) => {
      if (!('object' in state)) return undefined;
      return Date.parse(world.projects.get(state.project)?.databaseUsers.get(state.object)?.deleteAfterDate ?? '') / 1000;
    },
    faults: fake.vendor,
    leftovers: async () => [
      ...world.invited.map((email) => `invitation to ${email}`),
      ...[...world.projects.values()].flatMap(({ databaseUsers }) => [...databaseUsers.keys()]),
    ],
    setClock: (seconds) => {
      fake.now = () => seconds;
    },
    stop: () => organization.stop(),
  };
}

/** An organization in MongoDB Atlas as one of the systems of the shared contract. */
export const contractHarness: ContractHarness<AtlasSecret, AtlasState> = { integration: mongodbatlas, start };
