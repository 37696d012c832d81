import type { Item, Principal, Target } from '@axiom-runner/protocol';
import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { type ListPage, list, type Source, within } from '../../integration-kit/collection/source.js';
import { collectStages, type Stage, stage } from '../../integration-kit/collection/stages.js';
import { path, type SafePath } from '../../integration-kit/http/path.js';
import type { CollectPage } from '../integration.js';
import { type DeviceAccess, endOf, GRANTED, levelOf } from './access-requests.js';
import { ACCESS, applicationSchema } from './application.js';
import { type Access, type JumpCloud, jumpCloud, type ListCall, PAGE_SIZE } from './client.js';
import { declaration } from './declaration.js';
import { DEVICE_FIELDS, deviceSchema } from './device.js';
import { groupSchema } from './groups.js';
import { isId } from './ids.js';
import { MEMBER } from './membership.js';
import { isSuspended, USER_FIELDS, type User, userSchema } from './users.js';

/** What a bind to a device gives whoever is no administrator of it. */
const STANDARD = 'Standard';

/** Reads one page, whatever part of the organization it is of. */
export function collect(access: Access, cursor: string | undefined, limit: number): Promise<CollectPage> {
  return collectStages(STAGES, jumpCloud(access), cursor, limit);
}

const edgeSchema = z.object({ to: z.object({ id: z.string().refine(isId), type: z.string() }), attributes: z.unknown().optional() });
type Edge = z.infer<typeof edgeSchema>;
const deviceGroupSchema = z.object({ id: z.string().refine(isId), name: z.string() });

const users = older({ path: path`/api/systemusers`, query: { fields: USER_FIELDS }, schema: userSchema });
const applications = older({ path: path`/api/applications`, schema: applicationSchema });
const devices = older({ path: path`/api/systems`, query: { fields: DEVICE_FIELDS }, schema: deviceSchema });
const groups = newer({ path: path`/api/v2/usergroups`, query: { sort: 'name' }, schema: groupSchema });
const deviceGroups = newer({ path: path`/api/v2/systemgroups`, query: { sort: 'name' }, schema: deviceGroupSchema });
const granted = list(PAGE_SIZE, grantedPage);

/** A role that is for memberships alone need not see the rest. */
const OPTIONAL = { optional: true };

const STAGES: readonly Stage<JumpCloud>[] = [
  stage(
    'permissions',
    list(1, async () => ({ elements: [declaration] })),
    permissions,
  ),
  stage('users', users, (user) => [person(user)]),
  stage('groups', groups, ({ id, name, membershipMethod }) => [
    {
      item: 'principal',
      principal: { kind: 'group', id },
      displayName: name,
      ...(membershipMethod != null && { attributes: { membershipMethod } }),
    },
    { item: 'target', target: { kind: 'group', path: [id] }, displayName: name },
  ]),
  stage(
    'applications',
    applications,
    ({ _id: id, displayLabel, name }) => [named({ kind: 'application', path: [id] }, displayLabel, name)],
    OPTIONAL,
  ),
  stage(
    'devices',
    devices,
    ({ _id: id, displayName, hostname }) => [named({ kind: 'device', path: [id] }, displayName, hostname)],
    OPTIONAL,
  ),
  stage('device-groups', deviceGroups, ({ id, name }) => [named({ kind: 'device-group', path: [id] }, name)], OPTIONAL),
  stage(
    'members',
    edgesOf(groups, 'user group', ({ id }) => id, { places: (id) => path`/api/v2/usergroups/${id}/members` }),
    ([{ id }, { to }]) => assignment(to, MEMBER, { kind: 'group', path: [id] }),
  ),
  ...(['user_group', 'user'] as const).flatMap((targets) => [
    stage(
      `application-${targets}s`,
      edgesOf(applications, 'application', ({ _id: id }) => id, { places: (id) => path`/api/v2/applications/${id}/associations`, targets }),
      ([{ _id: id }, { to }]) => assignment(to, ACCESS, { kind: 'application', path: [id] }),
      OPTIONAL,
    ),
    stage(
      `device-${targets}s`,
      edgesOf(devices, 'device', ({ _id: id }) => id, { places: (id) => path`/api/v2/systems/${id}/associations`, targets }),
      ([{ _id: id }, { to, attributes }]) => assignment(to, levelOf(attributes) ?? STANDARD, { kind: 'device', path: [id] }),
      OPTIONAL,
    ),
    stage(
      `device-group-${targets}s`,
      edgesOf(deviceGroups, 'device group', ({ id }) => id, { places: (id) => path`/api/v2/systemgroups/${id}/associations`, targets }),
      ([{ id }, { to, attributes }]) => assignment(to, levelOf(attributes) ?? STANDARD, { kind: 'device-group', path: [id] }),
      OPTIONAL,
    ),
  ]),
  stage('access-requests', granted, temporary, OPTIONAL),
];

/** A list of the older interface. */
function older<Element>(call: ListCall<Element>): Source<JumpCloud, Element> {
  return list(PAGE_SIZE, (jc: JumpCloud, token, size) => jc.olderPage(call, token, size));
}

/** A list of the newer interface. */
function newer<Element>(call: ListCall<Element>): Source<JumpCloud, Element> {
  return list(PAGE_SIZE, (jc: JumpCloud, token, size) => jc.page(call, token, size));
}

/** Access requests, which not every plan has. */
async function grantedPage(jc: JumpCloud, token: string | undefined, size: number): Promise<ListPage<DeviceAccess>> {
  try {
    return await jc.page(GRANTED, token, size);
  } catch (error) {
    if (!(error instanceof RunnerError) || (error.code !== 'TARGET_NOT_FOUND' && error.code !== 'UNSUPPORTED')) throw error;
    return { elements: [], warnings: [`access requests could not be read: ${error.message}`] };
  }
}

/** What every element of a list is connected with. @param targets kind of the other ends, where the place needs to be told */
function edgesOf<Owner>(
  owners: Source<JumpCloud, Owner>,
  what: string,
  idOf: (owner: Owner) => string,
  { places, targets }: { readonly places: (id: string) => SafePath; readonly targets?: string },
): Source<JumpCloud, readonly [Owner, Edge]> {
  return within(owners, {
    key: idOf,
    name: (owner) => `${targets ?? 'user'}s of the ${what} ${idOf(owner)}`,
    most: PAGE_SIZE,
    read: (jc: JumpCloud, owner, token, size) =>
      jc.page({ path: places(idOf(owner)), query: { targets }, schema: edgeSchema }, token, size),
  });
}

function permissions(): Item[] {
  return declaration.permissions.flatMap(({ name, targets, meaning }) =>
    targets.map((targetKind): Item => ({ item: 'permission', permission: name, targetKind, description: meaning })),
  );
}

function person(user: User): Item {
  const { _id: id, username, email, displayname, sudo } = user;
  return {
    item: 'principal',
    principal: { kind: 'user', id },
    displayName: displayname || username,
    enabled: !isSuspended(user),
    attributes: { username, ...(email != null && { email }), ...(sudo === true && { administratorOfAllDevices: true }) },
  };
}

function named(target: Target, ...names: readonly (string | null | undefined)[]): Item {
  const displayName = names.find((name) => name != null && name !== '');
  return { item: 'target', target, ...(displayName != null && { displayName }) };
}

function assignment({ type, id }: Edge['to'], permission: string, target: Target): Item[] {
  const principal = holderOf(type, id);
  return principal === undefined ? [] : [{ item: 'assignment', principal, permission, target }];
}

function holderOf(type: string, id: string): Principal | undefined {
  if (type === 'user') return { kind: 'user', id };
  return type === 'user_group' ? { kind: 'group', id } : undefined;
}

function temporary(request: DeviceAccess): Item[] {
  const { requestorId, resourceId, resourceType, accessState, level } = request;
  if (accessState !== 'granted' || resourceType !== 'device' || level === undefined) return [];
  const expiresAt = endOf(request);
  return [
    {
      item: 'assignment',
      principal: { kind: 'user', id: requestorId },
      permission: level,
      target: { kind: 'device', path: [resourceId] },
      ...(expiresAt !== undefined && { expiresAt }),
    },
  ];
}
