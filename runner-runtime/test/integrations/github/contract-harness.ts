import { github } from '../../../src/integrations/github/integration.js';
import type { GithubSecret } from '../../../src/integrations/github/secret.js';
import type { GithubState } from '../../../src/integrations/github/state.js';
import { ALL_PERMISSIONS } from '../../support/fake-vendor/github/github.js';
import { ROLES } from '../../support/fake-vendor/github/state.js';
import type { ContractHarness, RunningSystem } from '../contract/contract.js';
import { ORG, Organization, permissionOf, repositoryTarget, SYSTEM, strangeKey, team, teamTarget, user } from './organization.js';

const HOSTILE_REPOSITORIES = ['.github', '-', '_', '...', 'UPPER.lower-1_2', 'x'.repeat(100)];
const HOSTILE_LOGINS = ['x', 'a-b-c', 'someone_corp', 'y'.repeat(39), 'UPPER-lower'];

async function start(): Promise<RunningSystem<GithubState>> {
  const organization = await Organization.start();
  const { fake, world, secret, privateKey } = organization;
  // The suite moves the runner's clock at will.
  fake.clock.follows = true;
  for (const name of ['payments', 'website', ...HOSTILE_REPOSITORIES]) world.addRepository(name);
  const wish = { target: repositoryTarget('payments'), permission: 'Write' };
  const platform = organization.newTeam();
  const suspended = organization.otherSecret();
  suspended.installation.suspended = true;
  const { members: _, ...withoutMembers } = ALL_PERMISSIONS;
  const newMember = async (name?: string) => user(organization.newMember(name));

  return {
    system: SYSTEM,
    secret,
    canaries: [privateKey, ...privateKey.split('\n').filter((line) => /^[A-Za-z0-9+/=]{40,}$/.test(line))],
    wish,
    credentialWish: wish,
    everyWish: [
      ...ROLES.map((role) => ({ target: repositoryTarget('website'), permission: permissionOf(role) })),
      ...ROLES.map((role) => ({
        target: repositoryTarget('website'),
        permission: permissionOf(role),
        principal: async () => team(organization.newTeam()),
      })),
      ...['Member', 'Maintainer'].map((permission) => ({ target: teamTarget(platform), permission })),
      ...['Read', 'Write'].map((permission) => ({ target: repositoryTarget('website'), permission, dispense: true })),
    ],
    hostileTargets: HOSTILE_REPOSITORIES.map(repositoryTarget),
    hostilePrincipalNames: HOSTILE_LOGINS,
    impossible: [
      { what: 'no repository', wish: { target: repositoryTarget('nothing') }, code: 'TARGET_NOT_FOUND' },
      {
        what: "somebody else's repository",
        wish: { target: { kind: 'repository', path: ['other-org', 'payments'] } },
        code: 'TARGET_NOT_FOUND',
      },
      { what: 'a path that leaves its place', wish: { target: repositoryTarget('..') }, code: 'TARGET_NOT_FOUND' },
      { what: 'an encoded slash', wish: { target: repositoryTarget('payments%2fcollaborators') }, code: 'TARGET_NOT_FOUND' },
      { what: 'a path too short', wish: { target: { kind: 'repository', path: [ORG] } }, code: 'TARGET_NOT_FOUND' },
      { what: 'a path too long', wish: { target: { kind: 'repository', path: [ORG, 'payments', 'x'] } }, code: 'TARGET_NOT_FOUND' },
      { what: 'no team', wish: { target: { kind: 'team', path: [ORG, 'nobody'] }, permission: 'Member' }, code: 'TARGET_NOT_FOUND' },
      { what: 'an unknown kind', wish: { target: { kind: 'project', path: [ORG] } }, code: 'UNSUPPORTED' },
      { what: 'a kind of every object', wish: { target: { kind: 'constructor', path: [ORG] } }, code: 'UNSUPPORTED' },
      { what: 'no permission', wish: { permission: 'Everything' }, code: 'PERMISSION_NOT_FOUND' },
      { what: 'a permission of teams', wish: { permission: 'Member' }, code: 'PERMISSION_NOT_FOUND' },
      {
        what: 'a role in the organization',
        wish: { target: { kind: 'org', path: [ORG] }, permission: 'Owner' },
        code: 'PERMISSION_NOT_FOUND',
      },
      { what: 'no principal', wish: { principal: { kind: 'user', id: 'nobody-there' } }, code: 'PRINCIPAL_NOT_FOUND' },
      { what: 'a bot', wish: { principal: { kind: 'user', id: 'example-runner[bot]' } }, code: 'PRINCIPAL_NOT_FOUND' },
      { what: 'a principal that leaves its place', wish: { principal: { kind: 'user', id: '../orgs' } }, code: 'PRINCIPAL_NOT_FOUND' },
      { what: 'an e-mail that searches for more', wish: { principal: { kind: 'user', id: 'a@b" OR "c' } }, code: 'PRINCIPAL_NOT_FOUND' },
      { what: 'a principal of another kind', wish: { principal: { kind: 'role', id: 'people' } }, code: 'UNSUPPORTED' },
      {
        what: 'a team in a team',
        wish: { target: teamTarget(platform), permission: 'Member', principal: team(platform) },
        code: 'UNSUPPORTED',
      },
      {
        what: 'a token for a team',
        wish: { target: teamTarget(platform), permission: 'Member', principal: undefined },
        code: 'UNSUPPORTED',
      },
      { what: 'a token that administers', wish: { permission: 'Admin', principal: undefined }, code: 'UNSUPPORTED' },
    ],
    closed: [
      {
        what: 'the key of another app',
        secret: { ...secret, github_private_key: strangeKey() },
        code: 'TARGET_AUTH_FAILED',
        check: 'app',
        outcome: 'authentication_failed',
      },
      {
        what: 'no such app',
        secret: { ...secret, github_app_identifier: '1' },
        code: 'TARGET_AUTH_FAILED',
        check: 'app',
        outcome: 'authentication_failed',
      },
      {
        what: 'no such installation',
        secret: { ...secret, github_installation_id: '1' },
        code: 'TARGET_AUTH_FAILED',
        check: 'installation',
        outcome: 'authentication_failed',
      },
      {
        what: 'a suspended installation',
        secret: suspended.secret,
        code: 'TARGET_PERMISSION_DENIED',
        check: 'installation',
        outcome: 'permission_missing',
      },
      {
        what: 'another organization',
        secret: { ...secret, github_org_name: 'other-org' },
        code: 'TARGET_NOT_FOUND',
        check: 'organization',
        outcome: 'failed',
      },
      {
        what: 'no permission to see members',
        secret: organization.otherSecret(withoutMembers).secret,
        code: 'TARGET_PERMISSION_DENIED',
        check: 'members',
        outcome: 'permission_missing',
      },
      {
        what: 'no such host',
        secret: { ...secret, api_base_url: 'https://no-such-host.invalid' },
        code: 'TARGET_UNREACHABLE',
        check: 'app',
        outcome: 'unreachable',
      },
      {
        what: 'closed port',
        secret: { ...secret, api_base_url: 'http://127.0.0.1:1' },
        code: 'TARGET_UNREACHABLE',
        check: 'app',
        outcome: 'unreachable',
      },
    ],
    malformed: [
      {},
      'text',
      { ...secret, github_app_identifier: 'my app' },
      { ...secret, github_installation_id: '../1' },
      { ...secret, github_org_name: 'https://github.com/example-org' },
      { ...secret, github_private_key: 'no key' },
      { ...secret, github_private_key: undefined },
      { ...secret, api_base_url: 'http://github.example.com' },
    ],
    newPrincipal: newMember,
    hasAccess: async (principal, wished) => organization.hasAccess(principal, wished),
    opens: ({ token = '' }, wished) => organization.opens(token, wished),
    giveByHand: async ({ id }, { target }) => {
      organization.repository(target.path[1] ?? '').direct.set(world.userOf(id)?.id ?? 0, 'write');
    },
    giveOtherwiseByHand: async ({ id }, wished) => {
      organization.repository(wished.target.path[1] ?? '').direct.set(world.userOf(id)?.id ?? 0, 'admin');
      return { ...wished, permission: 'Admin' };
    },
    removeByHand: async ({ principal, target }) => {
      organization.repository(target.path[1] ?? '').direct.delete(world.userOf(principal.id)?.id ?? 0);
    },
    nativeExpiry: async () => undefined,
    faults: fake.vendor,
    leftovers: async () => [...world.repositories.values()].flatMap(({ invitations }) => invitations.map(({ id }) => `invitation ${id}`)),
    stop: () => organization.stop(),
  };
}

/** An organization on GitHub as one of the systems of the shared contract. */
export const contractHarness: ContractHarness<GithubSecret, GithubState> = { integration: github, start };
