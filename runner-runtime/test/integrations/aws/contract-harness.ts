import {
  GetRolePolicyCommand,
  ListAttachedUserPoliciesCommand,
  ListGroupsForUserCommand,
  ListRolePoliciesCommand,
} from '@aws-sdk/client-iam';
import { GetUserIdCommand } from '@aws-sdk/client-identitystore';
import {
  CreateAccountAssignmentCommand,
  CreatePermissionSetCommand,
  DeleteAccountAssignmentCommand,
  DeletePermissionSetCommand,
  DescribePermissionSetCommand,
  GetInlinePolicyForPermissionSetCommand,
  ListAccountAssignmentsCommand,
  ListPermissionSetsCommand,
} from '@aws-sdk/client-sso-admin';
import type { Principal } from '@axiom-runner/protocol';
import { aws } from '../../../src/integrations/aws/integration.js';
import type { AwsSecret } from '../../../src/integrations/aws/secret.js';
import type { AwsState } from '../../../src/integrations/aws/ways.js';
import type { ContractHarness, RunningSystem } from '../contract/contract.js';
import type { Wish } from '../runner-harness.js';
import { ACCOUNT, AwsWorld, PERMISSION_SET, ROLE_ARN, SYSTEM } from './world.js';

type GrantedWish = Omit<Wish, 'principal'>;

export const POLICY = '{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::example/*"}]}';
const account = { kind: 'account', path: [ACCOUNT] };
const ON_ACCOUNT = { target: account, permission: PERMISSION_SET };
const CRAFTED = { target: account, permission: POLICY };

async function start(wish: GrantedWish): Promise<RunningSystem<AwsState>> {
  const world = await AwsWorld.start();
  const { admin, front, instance: InstanceArn } = world;
  const role = { kind: 'role', path: [world.role.arn] };
  const group = { kind: 'iam-group', path: ['operators'] };
  const policy = { kind: 'iam-policy', path: [world.policy] };

  const idOf = async ({ kind, id }: Principal): Promise<string> => {
    if (kind !== 'user' || /^[0-9a-f-]{36,47}$/.test(id)) return id;
    const UniqueAttribute = { AttributePath: 'userName', AttributeValue: id };
    return (
      (await admin.store.send(new GetUserIdCommand({ IdentityStoreId: world.storeId, AlternateIdentifier: { UniqueAttribute } }))).UserId ??
      ''
    );
  };
  const assignment = async (principal: Principal, PermissionSetArn: string) => ({
    InstanceArn,
    PermissionSetArn,
    TargetId: ACCOUNT,
    TargetType: 'AWS_ACCOUNT' as const,
    PrincipalType: 'USER' as const,
    PrincipalId: await idOf(principal),
  });
  const permissionSets = async (): Promise<readonly string[]> =>
    (await admin.sso.send(new ListPermissionSetsCommand({ InstanceArn, MaxResults: 100 }))).PermissionSets ?? [];
  const nameOf = async (PermissionSetArn: string): Promise<string> =>
    (await admin.sso.send(new DescribePermissionSetCommand({ InstanceArn, PermissionSetArn }))).PermissionSet?.Name ?? '';
  const named = async (isWanted: (name: string) => boolean): Promise<string[]> => {
    const all = await permissionSets();
    const names = await Promise.all(all.map(nameOf));
    return all.filter((_, index) => isWanted(names[index] ?? ''));
  };
  const assigned = async (principal: Principal, PermissionSetArn: string): Promise<boolean> => {
    const of = { InstanceArn, PermissionSetArn, AccountId: ACCOUNT, MaxResults: 100 };
    const id = await idOf(principal);
    for (let NextToken: string | undefined, more = true; more; more = NextToken !== undefined) {
      const page = await admin.sso.send(new ListAccountAssignmentsCommand({ ...of, ...(NextToken !== undefined && { NextToken }) }));
      if ((page.AccountAssignments ?? []).some(({ PrincipalId }) => PrincipalId === id)) return true;
      NextToken = page.NextToken;
    }
    return false;
  };
  /** Whether a permission set of a policy in a request is assigned to the principal. */
  const hasCrafted = async (principal: Principal): Promise<boolean> => {
    for (const PermissionSetArn of await named((name) => name.startsWith('axm_'))) {
      const { InlinePolicy = '' } = await admin.sso.send(new GetInlinePolicyForPermissionSetCommand({ InstanceArn, PermissionSetArn }));
      if (InlinePolicy.includes('s3:GetObject') && (await assigned(principal, PermissionSetArn))) return true;
    }
    return false;
  };
  const deleteSet = async (PermissionSetArn: string): Promise<void> => {
    const of = { InstanceArn, PermissionSetArn, AccountId: ACCOUNT };
    const { AccountAssignments: found = [] } = await admin.sso.send(new ListAccountAssignmentsCommand(of));
    for (const { PrincipalId = '' } of found) {
      await admin.sso.send(new DeleteAccountAssignmentCommand(await assignment({ kind: 'user', id: PrincipalId }, PermissionSetArn)));
    }
    await admin.sso.send(new DeletePermissionSetCommand({ InstanceArn, PermissionSetArn }));
  };
  /** Denials of sessions that are still to come: one in force stays until the session that it denies would have ended. */
  const denialsToCome = async (): Promise<string[]> => {
    const { PolicyNames: names = [] } = await admin.iam.send(new ListRolePoliciesCommand({ RoleName: world.role.name }));
    const documents = await Promise.all(names.map(roleDocument));
    return names.filter((_, index) => documents[index]?.includes('DateGreaterThanEquals'));
  };
  const roleDocument = async (PolicyName: string): Promise<string> =>
    decodeURIComponent((await admin.iam.send(new GetRolePolicyCommand({ RoleName: world.role.name, PolicyName }))).PolicyDocument ?? '');

  const giveByHand = async (principal: Principal): Promise<void> => {
    const given = await assignment(principal, world.permissionSet);
    await admin.sso.send(new CreateAccountAssignmentCommand(given));
  };
  const hasAccess = async (principal: Principal, { target, permission }: GrantedWish): Promise<boolean> => {
    if (target.kind === 'iam-group') {
      const { Groups: groups = [] } = await admin.iam.send(new ListGroupsForUserCommand({ UserName: principal.id }));
      return groups.some(({ GroupName: name }) => name === target.path[0]);
    }
    if (target.kind === 'iam-policy') {
      const { AttachedPolicies: found = [] } = await admin.iam.send(new ListAttachedUserPoliciesCommand({ UserName: principal.id }));
      return found.some(({ PolicyArn: arn }) => arn === target.path[0]);
    }
    if (permission === PERMISSION_SET) return assigned(principal, world.permissionSet);
    return (await hasCrafted(principal)) || assigned(principal, world.permissionSet);
  };
  const isCrafted = wish.permission === POLICY;

  return {
    system: SYSTEM,
    secret: world.secret(),
    canaries: ['the-secret-key-of-the-host-of-the-runner'],
    wish,
    hostileTargets: [],
    hostilePrincipalNames: [`o'brien"<&>%2F..\\`, 'zoë.müller+日本@example.com', '{"$where":1}', '*'],
    impossible: [
      { what: 'no account', wish: { target: { kind: 'account', path: ['210987654321'] } }, code: 'TARGET_NOT_FOUND' },
      { what: 'no account id', wish: { target: { kind: 'account', path: ['production'] } }, code: 'TARGET_NOT_FOUND' },
      { what: 'a path too long', wish: { target: { kind: 'account', path: ['r-abcd', ACCOUNT] } }, code: 'TARGET_NOT_FOUND' },
      { what: 'an unknown kind', wish: { target: { kind: 'bucket', path: ['logs'] } }, code: 'UNSUPPORTED' },
      { what: 'no permission set', wish: { permission: 'Nothing' }, code: 'PERMISSION_NOT_FOUND' },
      { what: 'a policy that is none', wish: { permission: '{"Statement":[]}' }, code: 'PERMISSION_NOT_FOUND' },
      {
        what: 'a policy of everything',
        wish: { permission: '{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}' },
        code: 'UNSUPPORTED',
      },
      { what: 'no principal', wish: { principal: { kind: 'user', id: 'nobody@example.com' } }, code: 'PRINCIPAL_NOT_FOUND' },
      { what: 'a temporary credential of an account', wish: { principal: undefined }, code: 'UNSUPPORTED' },
      { what: 'a principal of another kind', wish: { principal: { kind: 'iam-user', id: 'robot' } }, code: 'UNSUPPORTED' },
      {
        what: 'no such group',
        wish: { target: { kind: 'iam-group', path: ['nobody'] }, permission: 'Member', principal: await world.newIamUser() },
        code: 'TARGET_NOT_FOUND',
      },
      { what: 'an unknown permission on a group', wish: { target: group, permission: 'Owner' }, code: 'PERMISSION_NOT_FOUND' },
      { what: 'a role for somebody', wish: { target: role, permission: 'Session' }, code: 'UNSUPPORTED' },
      {
        what: "the runner's own role",
        wish: { target: { kind: 'role', path: [ROLE_ARN] }, permission: 'Session', principal: undefined },
        code: 'UNSUPPORTED',
      },
    ],
    closed: [
      {
        what: 'a wrong external id',
        secret: world.secret({ external_id: 'another' }),
        code: 'TARGET_AUTH_FAILED',
        check: 'assume',
        outcome: 'authentication_failed',
      },
      {
        what: 'no such role',
        secret: world.secret({ role_arn: `${ROLE_ARN}-gone` }),
        code: 'TARGET_AUTH_FAILED',
        check: 'assume',
        outcome: 'authentication_failed',
      },
      {
        what: 'a closed port',
        secret: world.secret({ api_base_url: 'http://127.0.0.1:1' }),
        code: 'TARGET_UNREACHABLE',
        check: 'assume',
        outcome: 'unreachable',
      },
      {
        what: 'a role without permissions',
        secret: world.powerless(),
        code: 'TARGET_PERMISSION_DENIED',
        check: 'identity-center',
        outcome: 'permission_missing',
      },
    ],
    malformed: [
      {},
      'text',
      world.secret({ role_arn: '' }),
      world.secret({ role_arn: 'AxiomIntegrationRole' }),
      world.secret({ role_arn: 'arn:aws:iam::1234567890:role/AxiomIntegrationRole' }),
      world.secret({ role_arn: `arn:aws:iam::${ACCOUNT}:user/someone` }),
      world.secret({ external_id: undefined }),
      world.secret({ external_id: 'with blanks' }),
      world.secret({ aws_region: 'Frankfurt' }),
      world.secret({ api_base_url: 'http://aws.example.com' }),
    ],
    newPrincipal: (name) => world.newUser(name),
    hasAccess,
    credentialWish: { target: role, permission: 'Session' },
    everyWish: [
      ON_ACCOUNT,
      CRAFTED,
      { target: group, permission: 'Member', principal: () => world.newIamUser() },
      { target: policy, permission: 'Attached', principal: () => world.newIamUser() },
      { target: role, permission: 'Session', dispense: true },
      { target: role, permission: POLICY, dispense: true },
    ],
    opens: async ({ access_key_id: id = '' }) => front.roles.mayAct(id),
    giveByHand: (principal) => giveByHand(principal),
    removeByHand: async ({ principal, state }) => {
      if (state.way === 'crafted') for (const set of await named((name) => name === state.object)) await deleteSet(set);
      else await admin.sso.send(new DeleteAccountAssignmentCommand(await assignment(principal, world.permissionSet)));
    },
    ...(isCrafted && {
      occupy: async ({ state }, mark) => {
        const Name = 'object' in state ? state.object : '';
        await admin.sso.send(
          new CreatePermissionSetCommand({ InstanceArn, Name, Tags: [{ Key: 'axiom-runner', Value: mark.slice(0, 256) }] }),
        );
      },
      vacate: async ({ state }) => {
        for (const set of await named((name) => 'object' in state && name === state.object)) await deleteSet(set);
      },
    }),
    nativeExpiry: async ({ state }) => {
      const document = 'object' in state ? await roleDocument(state.object) : '';
      const from = /"aws:CurrentTime":"([^"]+)"/.exec(document)?.[1];
      return from === undefined ? undefined : Date.parse(from) / 1000;
    },
    faults: front.vendor,
    leftovers: async () => [...(await named((name) => name.startsWith('axm_'))), ...(await denialsToCome())],
    stop: () => world.stop(),
  };
}

/** AWS as one of the systems of the shared contract. @param what what is asked for again and again */
export function contractHarness(what: 'permission set' | 'policy'): ContractHarness<AwsSecret, AwsState> {
  return { integration: aws, start: () => start(what === 'policy' ? CRAFTED : ON_ACCOUNT) };
}
