import { gcp } from '../../../src/integrations/gcp/integration.js';
import type { GcpSecret } from '../../../src/integrations/gcp/secret.js';
import type { GcpState } from '../../../src/integrations/gcp/state.js';
import type { ContractHarness, RunningSystem } from '../contract/contract.js';
import type { Wish } from '../runner-harness.js';
import { memberOf, ORGANIZATION, Organization, OTHER_ORGANIZATION, resourceOf, SYSTEM } from './organization.js';

const SHOP = { kind: 'project', path: [ORGANIZATION, 'shop-prod'] };
const FOLDER = { kind: 'folder', path: [ORGANIZATION, '100'] };
const TOP = { kind: 'organization', path: [ORGANIZATION] };
const DEPLOYER = { kind: 'serviceaccount', path: [ORGANIZATION, 'shop-prod', 'deployer@shop-prod.iam.gserviceaccount.com'] };
type GrantedWish = Omit<Wish, 'principal'>;

async function start(permission: string): Promise<RunningSystem<GcpState>> {
  const organization = await Organization.start();
  const { world, vendor } = organization.cloud;
  const secret = organization.secret();
  const powerless = world.addAccount('powerless', 'axiom-integration');
  const token: GrantedWish = { target: DEPLOYER, permission: 'Token' };
  const person = async () => organization.newPerson('user');
  const basicRoles = [
    ...[TOP, FOLDER, SHOP].map((target) => ({ target, permission: 'roles/viewer', principal: person })),
    ...[FOLDER, SHOP].map((target) => ({ target, permission: 'roles/editor', principal: person })),
  ];
  const titleOf = ({ state }: { readonly state: GcpState }) => ('object' in state ? state.object : undefined);
  const resourceOfState = (state: GcpState) => ('resource' in state ? state.resource : 'slot' in state ? (state.slot[0] ?? '') : '');
  const dropOwn = (state: GcpState) =>
    world.unbind(resourceOfState(state), ({ condition }) => condition !== undefined && condition.title === titleOf({ state }));
  return {
    system: SYSTEM,
    secret,
    canaries: [String(secret['private_key']), String(secret['private_key']).split('\n')[3] ?? ''],
    wish: { target: SHOP, permission },
    hostileTargets: [
      { kind: 'project', path: [ORGANIZATION, 'example.com:old-shop'] },
      { kind: 'project', path: [ORGANIZATION, 'a23456789-123456789-123456789z'] },
      FOLDER,
    ],
    hostilePrincipalNames: ["o'brien+test", 'a&b=c/d{e}', 'UPPER.Case!#$%*'],
    impossible: [
      { what: 'another organization', wish: { target: { kind: 'organization', path: [OTHER_ORGANIZATION] } }, code: 'TARGET_NOT_FOUND' },
      { what: 'no folder', wish: { target: { kind: 'folder', path: [ORGANIZATION, '999'] } }, code: 'TARGET_NOT_FOUND' },
      { what: 'no project', wish: { target: { kind: 'project', path: [ORGANIZATION, 'no-such-project'] } }, code: 'TARGET_NOT_FOUND' },
      { what: 'a path too short', wish: { target: { kind: 'project', path: ['shop-prod'] } }, code: 'TARGET_NOT_FOUND' },
      { what: 'a project of others', wish: { target: { kind: 'project', path: [ORGANIZATION, 'elsewhere'] } }, code: 'TARGET_NOT_FOUND' },
      {
        what: 'a project that is being deleted',
        wish: { target: { kind: 'project', path: [ORGANIZATION, 'dying-project'] } },
        code: 'TARGET_NOT_FOUND',
      },
      {
        what: 'no id of a project',
        wish: { target: { kind: 'project', path: [ORGANIZATION, '../folders/100'] } },
        code: 'TARGET_NOT_FOUND',
      },
      { what: 'an unknown kind', wish: { target: { kind: 'bucket', path: [ORGANIZATION, 'b'] } }, code: 'UNSUPPORTED' },
      { what: 'no role', wish: { permission: 'roles/nothing.at.all' }, code: 'PERMISSION_NOT_FOUND' },
      { what: 'no name of a role', wish: { permission: 'Everything' }, code: 'PERMISSION_NOT_FOUND' },
      { what: 'a disabled role', wish: { permission: 'roles/legacy.disabled' }, code: 'PERMISSION_NOT_FOUND' },
      {
        what: "another project's role",
        wish: { permission: 'projects/shop-prod/roles/cashier', target: FOLDER },
        code: 'PERMISSION_NOT_FOUND',
      },
      {
        what: "another organization's role",
        wish: { permission: `organizations/${OTHER_ORGANIZATION}/roles/any` },
        code: 'PERMISSION_NOT_FOUND',
      },
      { what: 'a token of a project', wish: { permission: 'Token' }, code: 'PERMISSION_NOT_FOUND' },
      { what: 'the owner', wish: { permission: 'roles/owner' }, code: 'UNSUPPORTED' },
      { what: 'a role that grants', wish: { permission: 'roles/resourcemanager.projectIamAdmin' }, code: 'UNSUPPORTED' },
      {
        what: "a way to the runner's key",
        wish: { permission: 'roles/iam.serviceAccountUser', target: { kind: 'folder', path: [ORGANIZATION, '102'] } },
        code: 'UNSUPPORTED',
      },
      {
        what: "an editor of the runner's project",
        wish: { permission: 'roles/editor', target: { kind: 'project', path: [ORGANIZATION, 'axiom-integration'] } },
        code: 'UNSUPPORTED',
      },
      {
        what: 'no principal',
        wish: { principal: { kind: 'serviceaccount', id: 'nobody@sandbox.iam.gserviceaccount.com' } },
        code: 'PRINCIPAL_NOT_FOUND',
      },
      { what: 'no address', wish: { principal: { kind: 'user', id: 'somebody' } }, code: 'PRINCIPAL_NOT_FOUND' },
      {
        what: 'a service account as a user',
        wish: { principal: { kind: 'user', id: organization.newServiceAccount().id } },
        code: 'PRINCIPAL_NOT_FOUND',
      },
      { what: 'everybody', wish: { principal: { kind: 'everybody', id: 'allUsers' } }, code: 'UNSUPPORTED' },
      { what: 'the runner', wish: { principal: { kind: 'serviceaccount', id: organization.runner.email } }, code: 'UNSUPPORTED' },
      { what: 'nobody', wish: { principal: undefined }, code: 'UNSUPPORTED' },
      { what: 'a token for somebody', wish: { ...token }, code: 'UNSUPPORTED' },
      {
        what: 'a token of the runner',
        wish: {
          permission: 'Token',
          principal: undefined,
          target: { kind: 'serviceaccount', path: [ORGANIZATION, 'axiom-integration', organization.runner.email] },
        },
        code: 'UNSUPPORTED',
      },
      {
        what: 'a token of nobody',
        wish: {
          permission: 'Token',
          principal: undefined,
          target: { kind: 'serviceaccount', path: [ORGANIZATION, 'shop-prod', 'x@shop-prod.iam.gserviceaccount.com'] },
        },
        code: 'TARGET_NOT_FOUND',
      },
    ],
    closed: [
      {
        what: 'a deleted key',
        secret: organization.secret({ private_key_id: 'deleted' }),
        code: 'TARGET_AUTH_FAILED',
        check: 'token',
        outcome: 'authentication_failed',
      },
      {
        what: 'no such host',
        secret: organization.secret({ api_base_url: 'https://no-such-host.invalid' }),
        code: 'TARGET_UNREACHABLE',
        check: 'organization',
        outcome: 'unreachable',
      },
      {
        what: 'closed port',
        secret: organization.secret({ token_uri: 'http://127.0.0.1:1/token' }),
        code: 'TARGET_UNREACHABLE',
        check: 'token',
        outcome: 'unreachable',
      },
      {
        what: 'no role',
        secret: organization.secret({}, powerless),
        code: 'TARGET_PERMISSION_DENIED',
        check: 'organization',
        outcome: 'permission_missing',
      },
      {
        what: 'another organization',
        secret: organization.secret({ gcp_organization_id: OTHER_ORGANIZATION }),
        code: 'TARGET_NOT_FOUND',
        check: 'organization',
        outcome: 'failed',
      },
    ],
    malformed: [
      {},
      'text',
      { ...secret, type: 'authorized_user' },
      { ...secret, private_key: 'no key' },
      { ...secret, client_email: 'nobody' },
      { ...secret, token_uri: 'https://evil.example.com/token' },
      { ...secret, gcp_organization_id: 'example.com' },
      { ...secret, gcp_organization_id: undefined },
      { ...secret, project_id: '../x' },
      { ...secret, api_base_url: 'http://api.example.com' },
    ],
    newPrincipal: async (name) => (name === undefined ? organization.newServiceAccount() : organization.newPerson('user', name)),
    hasAccess: async (principal, { target, permission: role }) => organization.has(principal, role, resourceOf(target)),
    credentialWish: token,
    everyWish: [
      ...basicRoles,
      { target: SHOP, permission: 'projects/shop-prod/roles/cashier', principal: async () => organization.newPerson('group') },
      { target: FOLDER, permission: 'roles/bigquery.dataViewer' },
      { target: TOP, permission: 'roles/logging.viewer', principal: person },
      { ...token, dispense: true },
    ],
    opens: async ({ token: text = '' }) => {
      const response = await fetch(`${organization.cloud.url}/v3/projects/shop-prod`, { headers: { authorization: `Bearer ${text}` } });
      return response.status === 200;
    },
    giveByHand: async (principal, { target, permission: role }) => world.bind(resourceOf(target), role, memberOf(principal)),
    removeByHand: async ({ state, principal }) => {
      if (state.way === 'binding') dropOwn(state);
      else world.unbind(resourceOfState(state), ({ members }) => members.includes(memberOf(principal)));
    },
    ...(permission !== 'roles/viewer' && {
      occupy: async ({ state }, mark) =>
        world.bind(resourceOfState(state), 'roles/logging.viewer', 'user:admin@example.com', {
          title: titleOf({ state }) ?? '',
          description: mark,
          expression: 'request.time < timestamp("2031-01-01T00:00:00Z")',
        }),
      vacate: async ({ state }) => dropOwn(state),
    }),
    nativeExpiry: async () =>
      Math.max(...[...world.tokens.values()].filter(({ email }) => email === DEPLOYER.path[2]).map(({ expiresAt }) => expiresAt)),
    setClock: (seconds) => {
      world.now = seconds;
    },
    faults: vendor,
    leftovers: async () => organization.bindingsOfRunner(),
    stop: () => organization.stop(),
  };
}

/** Google Cloud as one of the systems of the shared contract. @param permission the role that most of it is tried with */
export function contractHarness(permission: string): ContractHarness<GcpSecret, GcpState> {
  return { integration: gcp, start: () => start(permission) };
}
