import type { FakeReply } from '../fake-vendor.js';
import { type Domain, etag, type FakeMember } from './domain.js';
import { badPageToken, notFound, page, refusal } from './replies.js';
import type { Router } from './router.js';

const SCOPE = 'https://www.googleapis.com/auth/admin.directory.group';
const WRITE = [SCOPE, `${SCOPE}.member`];
const READ = [...WRITE, `${SCOPE}.readonly`, `${SCOPE}.member.readonly`];
const ROLES = ['MEMBER', 'MANAGER', 'OWNER'];

/** https://developers.google.com/workspace/admin/directory/reference/rest/v1/members */
export function memberRoutes(router: Router, domain: Domain): void {
  router.directory('GET', '/groups/:group/members', READ, (call) => {
    const group = domain.group(call.params['group'] ?? '');
    if (group === undefined) return notFound('groupKey');
    const found = page(call, [...(domain.members.get(group.id)?.values() ?? [])], ({ id }) => id, { usual: 200, most: 200 });
    if (found === undefined) return badPageToken();
    const members = found.found.map(memberBody);
    return { status: 200, body: { kind: 'admin#directory#members', etag: etag(), ...(members.length > 0 && { members }), ...found.more } };
  });

  router.directory('POST', '/groups/:group/members', WRITE, ({ params, body }) => {
    const group = domain.group(params['group'] ?? '');
    const { email = '', role = 'MEMBER' } = body as { readonly email?: string; readonly role?: string };
    if (group === undefined) return notFound('groupKey');
    if (!ROLES.includes(role)) return refusal(400, 'invalid', 'Invalid Input: role');
    const user = domain.user(email);
    const nested = user === undefined ? domain.group(email) : undefined;
    const id = user?.id ?? nested?.id;
    if (id === undefined) return notFound(`memberKey, ${email}`);
    if (domain.member(group.id, id) !== undefined) return refusal(409, 'duplicate', 'Member already exists.');
    if (nested !== undefined && (nested.id === group.id || domain.isMember(nested.id, group.id))) {
      return refusal(412, 'cyclicMembershipsNotAllowed', 'Cyclic memberships not allowed');
    }
    const member: FakeMember = {
      id,
      email: user?.primaryEmail ?? nested?.email ?? email,
      role,
      type: nested === undefined ? 'USER' : 'GROUP',
      byInterface: true,
    };
    domain.setMember(group.id, member);
    return { status: 200, body: memberBody(member) };
  });

  router.directory('GET', '/groups/:group/members/:member', READ, ({ params }) => {
    const group = domain.group(params['group'] ?? '');
    if (group === undefined) return notFound('groupKey');
    const member = domain.seenMember(group.id, params['member'] ?? '');
    return member === undefined ? notFound('memberKey') : { status: 200, body: memberBody(member) };
  });

  router.directory('PATCH', '/groups/:group/members/:member', WRITE, ({ params, body }) =>
    existing(params, (group, member) => {
      const { role = member.role } = body as { readonly role?: string };
      if (!ROLES.includes(role)) return refusal(400, 'invalid', 'Invalid Input: role');
      // Only plain members may have an expiry, https://cloud.google.com/identity/docs/how-to/manage-expirations
      if (role !== 'MEMBER' && member.expiresAt !== undefined)
        return refusal(400, 'invalid', 'Invalid Input: the membership has an expiry');
      domain.setMember(group, { ...member, role });
      return { status: 200, body: memberBody({ ...member, role }) };
    }),
  );

  router.directory('DELETE', '/groups/:group/members/:member', WRITE, ({ params }) =>
    existing(params, (group, { id }) => {
      domain.removeMember(group, id);
      return { status: 204 };
    }),
  );

  router.directory('GET', '/groups/:group/hasMember/:member', READ, ({ params }) => {
    const group = domain.group(params['group'] ?? '');
    if (group === undefined) return notFound('groupKey');
    const member = domain.user(params['member'] ?? '') ?? domain.group(params['member'] ?? '');
    if (member === undefined) return refusal(400, 'invalid', 'Invalid Input: memberKey');
    return { status: 200, body: { isMember: domain.isMember(group.id, member.id) } };
  });

  function existing(params: Readonly<Record<string, string>>, answer: (group: string, member: FakeMember) => FakeReply): FakeReply {
    const group = domain.group(params['group'] ?? '');
    if (group === undefined) return notFound('groupKey');
    const member = domain.member(group.id, params['member'] ?? '');
    return member === undefined ? notFound('memberKey') : answer(group.id, member);
  }
}

function memberBody({ id, email, role, type }: FakeMember) {
  return { kind: 'admin#directory#member', etag: etag(), id, ...(type !== 'CUSTOMER' && { email }), role, type, status: 'ACTIVE' };
}
