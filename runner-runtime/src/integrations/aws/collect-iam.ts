import {
  type AttachedPolicy,
  type EntityType,
  GetAccountAuthorizationDetailsCommand,
  type GetAccountAuthorizationDetailsCommandOutput,
  type GroupDetail,
  ListPoliciesCommand,
  type Policy,
  type RoleDetail,
  type UserDetail,
} from '@aws-sdk/client-iam';
import type { Item, Principal } from '@axiom-runner/protocol';
import { list, type Source } from '../../integration-kit/collection/source.js';
import { stage } from '../../integration-kit/collection/stages.js';
import type { Context } from './collect-context.js';
import { ATTACHED, MEMBER } from './declaration.js';
import { nextMarker } from './iam-pages.js';

const PAGE = 100;
const OPTIONAL = { optional: true };

/** One call tells of users their groups and policies too: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html */
function details<Detail>(
  filter: EntityType,
  pick: (answer: GetAccountAuthorizationDetailsCommandOutput) => readonly Detail[] | undefined,
): Source<Context, Detail> {
  return list(PAGE, async ({ session }, token, size) => {
    const answer = await session.iam.send(
      new GetAccountAuthorizationDetailsCommand({ Filter: [filter], MaxItems: size, ...(token !== undefined && { Marker: token }) }),
    );
    return { elements: pick(answer) ?? [], next: nextMarker(answer) };
  });
}

export const iamUsers = stage(
  'iam-users',
  details<UserDetail>('User', (answer) => answer.UserDetailList),
  ({ UserName: id = '', GroupList: groups = [], AttachedManagedPolicies: policies }): Item[] => {
    const principal = { kind: 'iam-user', id };
    const memberships = groups.map(
      (group): Item => ({ item: 'assignment', principal, permission: MEMBER, target: { kind: 'iam-group', path: [group] } }),
    );
    return [{ item: 'principal', principal }, ...memberships, ...attachments(principal, policies)];
  },
  OPTIONAL,
);

export const iamGroups = stage(
  'iam-groups',
  details<GroupDetail>('Group', (answer) => answer.GroupDetailList),
  ({ GroupName: id = '', AttachedManagedPolicies: policies }): Item[] => {
    const principal = { kind: 'iam-group', id };
    return [
      { item: 'principal', principal },
      { item: 'target', target: { kind: 'iam-group', path: [id] } },
      ...attachments(principal, policies),
    ];
  },
  OPTIONAL,
);

export const iamRoles = stage(
  'iam-roles',
  details<RoleDetail>('Role', (answer) => answer.RoleDetailList),
  ({ Arn: id = '', RoleName: name, AttachedManagedPolicies: policies }): Item[] => {
    const principal = { kind: 'iam-role', id };
    const displayName = name !== undefined && { displayName: name };
    const target = { kind: 'role', path: [id] };
    return [
      { item: 'principal', principal, ...displayName },
      { item: 'target', target, ...displayName },
      ...attachments(principal, policies),
    ];
  },
  OPTIONAL,
);

/** AWS's own policies, more than a thousand, are the same everywhere and not collected; they are granted by their ARN all the same. */
const ownPolicies = list<Context, Policy>(PAGE, async ({ session }, token, size) => {
  const answer = await session.iam.send(
    new ListPoliciesCommand({ Scope: 'Local', MaxItems: size, ...(token !== undefined && { Marker: token }) }),
  );
  return { elements: answer.Policies ?? [], next: nextMarker(answer) };
});

export const iamPolicies = stage(
  'iam-policies',
  ownPolicies,
  ({ Arn: arn = '', PolicyName: name }) => [
    { item: 'target', target: { kind: 'iam-policy', path: [arn] }, ...(name !== undefined && { displayName: name }) },
  ],
  OPTIONAL,
);

function attachments(principal: Principal, policies: readonly AttachedPolicy[] = []): Item[] {
  return policies.flatMap(({ PolicyArn: arn }): Item[] =>
    arn === undefined ? [] : [{ item: 'assignment', principal, permission: ATTACHED, target: { kind: 'iam-policy', path: [arn] } }],
  );
}
