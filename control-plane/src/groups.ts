import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type System, systemName } from '@axiom-runner/protocol';
import { issueApiKey } from './api-keys.js';
import { type EnvironmentEntry, runnerEnvironment } from './environment-file.js';
import { failedError, usageError } from './errors.js';
import { readJson, writeJson } from './home/files.js';
import { exclusively, type Home, namespaceOf } from './home/home.js';
import { type Group, groupSchema, groupsFileSchema, STATE_VERSION } from './home/state.js';
import { verificationKeySet } from './keys.js';

/** A runner group with its key, which is shown this once and kept nowhere. */
export interface GroupWithKey {
  readonly tenantId: string;
  readonly group: Group;
  /** JWT for the Temporal frontend: the value of RUNNER_API_KEY. */
  readonly apiKey: string;
  /** Everything that a runner of this group needs to start, in the contract's order. */
  readonly environment: readonly EnvironmentEntry[];
}

export interface CreateGroupOptions {
  readonly name: string;
  /** @default a generated id */
  readonly id?: string | undefined;
  /** Whether tasks are signed and runners refuse others. @default true */
  readonly signedTasks?: boolean | undefined;
  /** Validity of the API key, seconds. @default it does not end */
  readonly keyExpiresInSeconds?: number | undefined;
}

/** Creates a runner group. @throws {ControlPlaneError} when the name or id is taken or malformed */
export async function createGroup(home: Home, options: CreateGroupOptions): Promise<GroupWithKey> {
  const id = options.id ?? `rg-${randomBytes(6).toString('hex')}`;
  const { apiKey, record } = await issueApiKey(namespaceOf(home), `runner-group/${id}`, options.keyExpiresInSeconds);
  const parsed = groupSchema.safeParse({
    id,
    name: options.name,
    createdAt: new Date().toISOString(),
    signedTasks: options.signedTasks ?? true,
    apiKeys: [record],
    integrations: [],
  });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw usageError(
      `The group's ${issue?.path.join('.')} is malformed: ${issue?.message}.`,
      'ids: letters, digits and _ . -; names: 1 to 200 characters',
    );
  }
  await changeGroups(home, (groups) => {
    const same = groups.find((group) => [group.id, group.name].some((taken) => taken === id || taken === options.name));
    if (same !== undefined) throw failedError(`There is a group ${same.name} (${same.id}) already.`, 'choose another name');
    return [...groups, parsed.data];
  });
  return withEnvironment(home, parsed.data, apiKey);
}

/** All groups in the order of their creation. */
export async function readGroups(home: Home): Promise<Group[]> {
  return (await readJson(groupsFile(home), groupsFileSchema))?.groups ?? [];
}

/**
 * The group of an id or name; without one, the only group there is.
 * @throws {ControlPlaneError} when there is no such group, or several and none was named
 */
export async function findGroup(home: Home, idOrName: string | undefined): Promise<Group> {
  const groups = await readGroups(home);
  const known = groups.map(({ id, name }) => `${name} (${id})`).join(', ') || 'none';
  if (idOrName === undefined) {
    const [only, another] = groups;
    if (only !== undefined && another === undefined) return only;
    throw usageError(`A group must be named; there are: ${known}.`, 'add --group <id or name>');
  }
  const group = groups.find(({ id }) => id === idOrName) ?? groups.find(({ name }) => name === idOrName);
  if (group === undefined) throw failedError(`There is no group ${idOrName}; there are: ${known}.`, 'see "axiomctl group list"');
  return group;
}

/**
 * Makes a new API key for a group.
 * @param graceSeconds how long the old keys stay published, so that runners can be given the new one; 0 ends them now
 */
export async function rotateApiKey(home: Home, groupId: string, graceSeconds: number, keyExpiresInSeconds?: number): Promise<GroupWithKey> {
  const { apiKey, record } = await issueApiKey(namespaceOf(home), `runner-group/${groupId}`, keyExpiresInSeconds);
  const now = Date.now();
  const retiresAt = new Date(now + graceSeconds * 1000).toISOString();
  const group = await changeGroup(home, groupId, (current) => ({
    ...current,
    apiKeys: [
      record,
      ...current.apiKeys
        .filter((key) => key.retiresAt === undefined || Date.parse(key.retiresAt) > now)
        .map((key) => ({ ...key, retiresAt: key.retiresAt !== undefined && key.retiresAt < retiresAt ? key.retiresAt : retiresAt })),
    ],
  }));
  return withEnvironment(home, group, apiKey);
}

/** Registers an internal system with a group. @returns false when it was there */
export async function addIntegration(home: Home, groupId: string, system: System): Promise<boolean> {
  let added = false;
  await changeGroup(home, groupId, (group) => {
    if (group.integrations.some((entry) => systemName(entry) === systemName(system))) return group;
    added = true;
    return { ...group, integrations: [...group.integrations, { type: system.type, id: system.id, addedAt: new Date().toISOString() }] };
  });
  return added;
}

/** Removes an internal system from a group; living accesses in it stay. @returns false when it was not there */
export async function removeIntegration(home: Home, groupId: string, system: System): Promise<boolean> {
  let removed = false;
  await changeGroup(home, groupId, (group) => {
    const integrations = group.integrations.filter((entry) => systemName(entry) !== systemName(system));
    removed = integrations.length < group.integrations.length;
    return { ...group, integrations };
  });
  return removed;
}

async function withEnvironment(home: Home, group: Group, apiKey: string): Promise<GroupWithKey> {
  const keys = group.signedTasks ? await verificationKeySet(home) : undefined;
  return { tenantId: home.settings.tenantId, group, apiKey, environment: runnerEnvironment(home.settings, group.id, apiKey, keys) };
}

async function changeGroup(home: Home, groupId: string, change: (group: Group) => Group): Promise<Group> {
  const group = await findGroup(home, groupId);
  const changed = await changeGroups(home, (groups) => groups.map((entry) => (entry.id === group.id ? change(entry) : entry)));
  return changed.find(({ id }) => id === group.id) ?? group;
}

function changeGroups(home: Home, change: (groups: Group[]) => Group[]): Promise<Group[]> {
  return exclusively(home, async () => {
    const groups = change(await readGroups(home));
    await writeJson(groupsFile(home), { schemaVersion: STATE_VERSION, groups });
    return groups;
  });
}

function groupsFile({ folder }: Home): string {
  return join(folder, 'groups.json');
}
