import type { Domain, FakeGroup, FakeMember } from './domain.js';
import { status } from './replies.js';
import type { Router } from './router.js';

const SCOPES = ['https://www.googleapis.com/auth/cloud-identity.groups', 'https://www.googleapis.com/auth/cloud-platform'];

/** Memberships with expiry, https://cloud.google.com/identity/docs/reference/rest/v1/groups.memberships; its ids are not those of the Directory API. */
export function identityRoutes(router: Router, domain: Domain): void {
  const groupOf = (id = ''): FakeGroup | undefined => domain.groups.get(id.replace(/^ci/, ''));
  const memberOf = (group: FakeGroup | undefined, id = ''): FakeMember | undefined =>
    group === undefined ? undefined : domain.member(group.id, id.replace(/^m/, ''));

  router.identity('GET', '/groups', SCOPES, ({ query }) =>
    query.get('parent') === `customers/${domain.customerId}`
      ? {
          status: 200,
          body: {
            groups: [...domain.groups.values()].slice(0, 1).map(({ id, email }) => ({ name: `groups/ci${id}`, groupKey: { id: email } })),
          },
        }
      : status(403, 'PERMISSION_DENIED', 'Error(2004): Permission denied.'),
  );

  router.identity('GET', '/groups:lookup', SCOPES, ({ query }) => {
    const group = domain.group(query.get('groupKey.id') ?? '');
    // It does not tell what is missing from what is forbidden.
    return group === undefined
      ? status(403, 'PERMISSION_DENIED', 'Error(2028): Permission denied for resource (or it may not exist).')
      : { status: 200, body: { name: `groups/ci${group.id}` } };
  });

  router.identity('GET', '/groups/:group/memberships:lookup', SCOPES, ({ params, query }) => {
    const group = groupOf(params['group']);
    const key = query.get('memberKey.id') ?? '';
    const member = group === undefined ? undefined : domain.seenMember(group.id, domain.user(key)?.id ?? domain.group(key)?.id ?? key);
    return member === undefined
      ? status(404, 'NOT_FOUND', 'Error(4003): Membership not found.')
      : { status: 200, body: { name: `groups/${params['group']}/memberships/m${member.id}` } };
  });

  router.identity('POST', '/groups/:group/memberships/:member:modifyMembershipRoles', SCOPES, ({ params, body }) => {
    const group = groupOf(params['group']);
    const member = memberOf(group, params['member']);
    if (group === undefined || member === undefined) return status(404, 'NOT_FOUND', 'Error(4003): Membership not found.');
    if (!router.hasExpiry) return status(403, 'PERMISSION_DENIED', 'Error(3005): The edition has no expiry of memberships.');
    const [update] = (body as ModifyRequest).updateRolesParams ?? [];
    if (update?.fieldMask !== 'expiry_detail.expire_time' || update.membershipRole.name !== 'MEMBER' || member.role !== 'MEMBER') {
      return status(400, 'INVALID_ARGUMENT', 'Error(2014): Expiry is only supported for MEMBER roles.');
    }
    const { expireTime } = update.membershipRole.expiryDetail ?? {};
    domain.members
      .get(group.id)
      ?.set(member.id, { ...member, expiresAt: expireTime === undefined ? undefined : Date.parse(expireTime) / 1000 });
    return { status: 200, body: { membership: membershipBody(params['group'] ?? '', domain.member(group.id, member.id) ?? member) } };
  });

  router.identity('GET', '/groups/:group/memberships/:member', SCOPES, ({ params }) => {
    const member = memberOf(groupOf(params['group']), params['member']);
    return member === undefined
      ? status(404, 'NOT_FOUND', 'Error(4003): Membership not found.')
      : { status: 200, body: membershipBody(params['group'] ?? '', member) };
  });
}

interface ModifyRequest {
  readonly updateRolesParams?: readonly {
    readonly fieldMask: string;
    readonly membershipRole: { readonly name: string; readonly expiryDetail?: { readonly expireTime?: string } };
  }[];
}

function membershipBody(group: string, { id, email, role, expiresAt, type }: FakeMember) {
  const expiry = expiresAt === undefined ? {} : { expiryDetail: { expireTime: new Date(expiresAt * 1000).toISOString() } };
  const roles = [{ name: 'MEMBER', ...expiry }, ...(role === 'MEMBER' ? [] : [{ name: role }])];
  return { name: `groups/${group}/memberships/m${id}`, preferredMemberKey: { id: email }, roles, type };
}
