import type { Check } from '@axiom-runner/protocol';
import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { type Answer, declaredChecks, failed, named } from '../../integration-kit/check-answers.js';
import { path } from '../../integration-kit/http/path.js';
import { type Access, JumpCloud, jumpCloud, organizationOf, PAGE_SIZE } from './client.js';
import { declaration } from './declaration.js';

/** Roles by what they may do to users, groups, applications and devices: https://jumpcloud.com/support/admin-portal-roles */
const MANAGING = ['Administrator With Billing', 'Administrator', 'Manager'];
const NOT_MANAGING = ['Read Only', 'Billing Only', 'Command Runner', 'Command Runner With Billing'];

const organizationSchema = z.object({ _id: z.string(), displayName: z.string().nullish() });
type Organization = z.infer<typeof organizationSchema>;
const administratorSchema = z.object({
  email: z.string().nullish(),
  roleName: z.string().nullish(),
  roleNames: z.array(z.string()).nullish(),
});

/** Runs the declared checks in their order, reading only; what depends on a failed one is skipped. */
export async function testConnection(access: Access): Promise<Check[]> {
  return declaredChecks(declaration, await answersOf(access));
}

async function answersOf(access: Access): Promise<Readonly<Record<string, Answer>>> {
  let organizations: readonly Organization[] = [];
  const key = await attempt(access, async () => {
    // Without an organization: the key alone shows which ones it opens.
    organizations = await organizationsOf(new JumpCloud(access, undefined));
    return { outcome: 'ok', detail: `${new URL(access.secret.base).host} takes the API key.` };
  });
  if (key.outcome !== 'ok') return { key };
  const organization = judge(organizations, organizationOf(access));
  if (organization.outcome === 'failed') return { key, organization };
  const jc = jumpCloud(access);
  const read = await attempt(access, () => readable(jc));
  return {
    key,
    organization,
    read,
    manage: await attempt(access, () => manageable(jc)),
    ...((read.outcome === 'ok' || read.outcome === 'warning') && { empty: await attempt(access, () => content(jc)) }),
  };
}

async function attempt(access: Access, look: () => Promise<Answer>): Promise<Answer> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof RunnerError) || access.signal.aborted) throw error;
    return failed(error);
  }
}

/** An administrator of a managed service provider may have hundreds. */
async function organizationsOf(jc: JumpCloud): Promise<readonly Organization[]> {
  const found: Organization[] = [];
  let token: string | undefined;
  do {
    const page = await jc.olderPage({ path: path`/api/organizations`, schema: organizationSchema }, token, PAGE_SIZE);
    found.push(...page.elements);
    token = page.next;
  } while (token !== undefined);
  return found;
}

function judge(organizations: readonly Organization[], wanted: string | undefined): Answer {
  const [first, ...others] = organizations;
  const found = wanted === undefined ? first : organizations.find(({ _id: id }) => id === wanted);
  const nameOf = ({ displayName, _id: id }: Organization) => displayName || id;
  if (found === undefined) {
    return {
      outcome: 'failed',
      detail: wanted === undefined ? 'The key opens no organization.' : `The key does not open the organization ${wanted}.`,
      mend: "Check the organization's id in the secret's name (Settings, Organization Profile), and which organization the key is of.",
    };
  }
  if (wanted !== undefined) return { outcome: 'ok', detail: `The key opens the organization ${nameOf(found)}.` };
  const mend = `Name the secret axiom-security/jumpcloud/<organization id>, e.g. ${found._id}.`;
  if (others.length > 0) {
    return { outcome: 'failed', detail: `The key opens ${organizations.length} organizations: ${named(organizations.map(nameOf))}.`, mend };
  }
  return { outcome: 'warning', detail: `The key opens ${nameOf(found)}; the secret's name does not say the id of an organization.`, mend };
}

/** Lists, and whether nothing can be given without them. */
const LISTS = [
  { what: 'users', where: path`/api/systemusers`, isNeeded: true },
  { what: 'user groups', where: path`/api/v2/usergroups`, isNeeded: true },
  { what: 'applications', where: path`/api/applications`, isNeeded: false },
  { what: 'devices', where: path`/api/systems`, isNeeded: false },
];

async function readable(jc: JumpCloud): Promise<Answer> {
  const refused: typeof LISTS = [];
  for (const list of LISTS) {
    try {
      await jc.client.read({ path: list.where, query: { limit: 1 }, schema: z.unknown() });
    } catch (error) {
      if (!(error instanceof RunnerError) || error.code !== 'TARGET_PERMISSION_DENIED') throw error;
      refused.push(list);
    }
  }
  const names = (lists: typeof LISTS) => lists.map(({ what }) => what).join(', ');
  if (refused.length === 0) return { outcome: 'ok', detail: `The lists of ${names(LISTS)} can be read.` };
  return {
    outcome: refused.some(({ isNeeded }) => isNeeded) ? 'permission_missing' : 'warning',
    detail: `The role of the administrator does not let it read ${names(refused)}.`,
    mend: 'Give the administrator the role Manager, or a custom role that includes them.',
  };
}

/** Judged by the role, since only a change would show it: every role may read. */
async function manageable(jc: JumpCloud): Promise<Answer> {
  const self = await selfOf(jc);
  const roles = [...new Set([self?.roleName, ...(self?.roleNames ?? [])].flatMap((role) => (role == null ? [] : [role])))];
  const mend = 'Give the administrator the role Manager, or a custom role that may edit user groups, applications and devices.';
  if (self === undefined || roles.length === 0) {
    return {
      outcome: 'warning',
      detail: 'Cannot be told: JumpCloud does not show the role of the administrator. The first grant will show it.',
      mend,
    };
  }
  const who = `The administrator ${self.email ?? 'of the key'} has the role ${named(roles)}`;
  if (roles.some((role) => MANAGING.includes(role))) return { outcome: 'ok', detail: `${who}.` };
  if (roles.every((role) => NOT_MANAGING.includes(role))) {
    return { outcome: 'permission_missing', detail: `${who}, which changes nothing.`, mend };
  }
  return { outcome: 'warning', detail: `${who}: whether that is enough, only the first grant will show.`, mend };
}

/** The console's own question who is signed in; nothing is published of its answer, so none is needed. */
async function selfOf(jc: JumpCloud): Promise<z.infer<typeof administratorSchema> | undefined> {
  try {
    return await jc.client.read({ path: path`/api/users/getSelf`, schema: administratorSchema });
  } catch (error) {
    if (error instanceof RunnerError && !error.retryable) return undefined;
    throw error;
  }
}

async function content(jc: JumpCloud): Promise<Answer> {
  const { elements: users } = await jc.olderPage(
    { path: path`/api/systemusers`, query: { fields: 'username' }, schema: z.unknown() },
    undefined,
    1,
  );
  const { elements: groups } = await jc.page({ path: path`/api/v2/usergroups`, schema: z.unknown() }, undefined, 1);
  if (users.length > 0 && groups.length > 0) return { outcome: 'ok', detail: 'The organization has users and user groups.' };
  return {
    outcome: 'empty',
    detail: `The organization shows no ${users.length === 0 ? 'users' : 'user groups'}.`,
    mend: 'Check that it is the right organization, and that no custom role limits what the administrator sees.',
  };
}
