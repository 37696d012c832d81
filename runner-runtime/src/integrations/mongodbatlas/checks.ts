import type { Check } from '@axiom-runner/protocol';
import type { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { type Answer, declaredChecks, failed, named } from '../../integration-kit/check-answers.js';
import { path } from '../../integration-kit/http/path.js';
import { type Access, type Atlas, atlasOf } from './client.js';
import { declaration } from './declaration.js';
import { isAccessListRefusal } from './refusals.js';
import { ORGANIZATION_OWNER, PROJECT_OWNER } from './roles.js';
import { hasInOrganization, organizationSchema, ownKey, type ownKeySchema, type Project, projectsOf } from './subjects.js';

type OwnKey = z.infer<typeof ownKeySchema>;
type Answers = Readonly<Record<string, Answer>>;

/** Runs the declared checks in their order; what depends on a failed one is skipped. */
export async function testConnection(access: Access): Promise<Check[]> {
  try {
    return declaredChecks(declaration, await answersOf(access));
  } catch (error) {
    if (!(error instanceof RunnerError) || access.signal.aborted) throw error;
    if (!isAccessListRefusal(error)) return declaredChecks(declaration, { connect: failed(error) });
    const connect: Answer = { outcome: 'ok', detail: 'Atlas answers, and knows the API key.' };
    return declaredChecks(declaration, { connect, 'access-list': failed(error) });
  }
}

async function answersOf(access: Access): Promise<Answers> {
  const atlas = atlasOf(access);
  const key = await ownKey(atlas);
  const connect: Answer = { outcome: 'ok', detail: `${new URL(access.secret.base).host} takes the API key.` };
  const organization = await ofOrganization(atlas, key);
  const answers = { connect, 'access-list': accessList(key), organization };
  if (organization.outcome !== 'ok') return answers;
  const isOwner = hasInOrganization(key, atlas.org, ORGANIZATION_OWNER);
  const read = organizationRead(atlas, key, isOwner);
  const projects: Project[] = [];
  for await (const project of atlas.each(projectsOf(atlas.org))) projects.push(project);
  return {
    ...answers,
    'organization-read': read,
    'project-owner': projectOwner(key, projects, isOwner),
    'organization-owner': organizationOwner(isOwner),
    empty: content(projects),
  };
}

async function ofOrganization(atlas: Atlas, { apiKey }: OwnKey): Promise<Answer> {
  const mend = 'Check mongodbatlas_org_id of the secret, or make a key in that organization.';
  const isOther = !apiKey.roles.some(({ orgId }) => orgId === atlas.org) && apiKey.roles.some(({ orgId }) => orgId !== undefined);
  if (isOther) return { outcome: 'failed', detail: `The API key is not of the organization ${atlas.org}.`, mend };
  try {
    const { name } = await atlas.read({ path: path`/orgs/${atlas.org}`, schema: organizationSchema });
    return { outcome: 'ok', detail: `The API key is of the organization ${name}.` };
  } catch (error) {
    if (!(error instanceof RunnerError) || isAccessListRefusal(error)) throw error;
    return error.code === 'TARGET_NOT_FOUND'
      ? { outcome: 'failed', detail: `There is no organization ${atlas.org}.`, mend }
      : failed(error);
  }
}

function accessList({ apiKey: { accessList: entries } }: OwnKey): Answer {
  if (entries.length > 0) return { outcome: 'ok', detail: `The API key can be used from ${entries.length} addresses or networks.` };
  return {
    outcome: 'warning',
    detail: 'The API key can be used from every address.',
    mend: 'Add the address by which the runner reaches the internet to the API access list of the key.',
  };
}

function organizationRead(atlas: Atlas, key: OwnKey, isOwner: boolean): Answer {
  if (isOwner || hasInOrganization(key, atlas.org, 'ORG_READ_ONLY')) {
    return { outcome: 'ok', detail: `The API key is Organization ${isOwner ? 'Owner' : 'Read Only'}.` };
  }
  return {
    outcome: 'permission_missing',
    detail: 'The API key is not Organization Read Only: it sees no users and teams, and not all projects.',
    mend: 'Give the key the role Organization Read Only.',
  };
}

function projectOwner({ apiKey: { roles } }: OwnKey, projects: readonly Project[], isOwner: boolean): Answer {
  const isOwnerOf = ({ id }: Project) => isOwner || roles.some(({ groupId, roleName }) => groupId === id && roleName === PROJECT_OWNER);
  const without = projects.filter((project) => !isOwnerOf(project)).map(({ name }) => name);
  if (without.length === 0) return { outcome: 'ok', detail: `The API key is Project Owner in ${projects.length} projects.` };
  return {
    outcome: without.length === projects.length ? 'permission_missing' : 'warning',
    detail: `The API key is not Project Owner in ${named(without)}: no access can be given there.`,
    mend: 'Give the key the role Project Owner in them, or leave them out on purpose.',
  };
}

function organizationOwner(isOwner: boolean): Answer {
  if (isOwner) return { outcome: 'ok', detail: 'The API key is Organization Owner.' };
  return {
    outcome: 'warning',
    detail: 'The API key is not Organization Owner: roles in the organization, teams, and Project Owner cannot be given.',
    mend: 'Leave it so where only projects and their data are given.',
  };
}

function content(projects: readonly Project[]): Answer {
  if (projects.length > 0) return { outcome: 'ok', detail: `The API key sees ${projects.length} projects.` };
  return { outcome: 'empty', detail: 'The API key sees no project.', mend: 'Make a project, or give the key a role in one.' };
}
