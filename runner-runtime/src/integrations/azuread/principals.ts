import type { Principal } from '@axiom-runner/protocol';
import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { isNotFound } from '../../integration-kit/http/json-client.js';
import { path, type SafePath } from '../../integration-kit/http/path.js';
import type { AccessRequest } from '../integration.js';
import type { Graph } from './graph.js';
import { isUserPrincipalName, objectId, quoted } from './ids.js';
import { readPiece } from './odata.js';

export const PRINCIPAL_KINDS = ['user', 'group', 'service-principal'] as const;
export type PrincipalKind = (typeof PRINCIPAL_KINDS)[number];

/** A principal as the directory knows it. */
export interface Resolved {
  readonly kind: PrincipalKind;
  readonly id: string;
  /** Whether a group may hold directory roles. */
  readonly assignableToRole: boolean;
  /** As it was asked for. */
  readonly asked: Principal;
}

const foundSchema = z.object({ id: z.guid().toLowerCase(), isAssignableToRole: z.boolean().nullish() });

/**
 * Finds who shall have the access: a user by object id or user principal name, a group or service principal by object id.
 * @throws {RunnerError} `UNSUPPORTED` for a temporary principal, an unknown kind or the runner itself, `PRINCIPAL_NOT_FOUND`
 */
export async function resolvePrincipal(graph: Graph, { principal }: AccessRequest): Promise<Resolved> {
  if (principal === undefined) {
    throw new RunnerError('UNSUPPORTED', 'Microsoft Entra ID gives access to existing principals only.', {
      mend: 'Name a user, a group or a service principal.',
    });
  }
  const kind = PRINCIPAL_KINDS.find((known) => known === principal.kind);
  if (kind === undefined) {
    throw new RunnerError('UNSUPPORTED', 'Access is not given to principals of this kind.', {
      object: principal.kind,
      mend: `Use one of ${PRINCIPAL_KINDS.join(', ')}.`,
    });
  }
  const found = await find(graph, kind, principal.id);
  if (found === undefined) {
    throw new RunnerError('PRINCIPAL_NOT_FOUND', `The tenant has no such ${kind}.`, {
      object: principal.id,
      mend: kind === 'user' ? 'Use the object id or the user principal name.' : 'Use the object id, as the collection shows it.',
    });
  }
  if (found.id === graph.token.servicePrincipalId) {
    throw new RunnerError('UNSUPPORTED', 'The runner gives no access to its own application.', {
      object: principal.id,
      mend: 'Let an administrator grant what the application of the secret needs.',
    });
  }
  return { kind, id: found.id, assignableToRole: found.isAssignableToRole === true, asked: principal };
}

/** Path of a principal of a kind. */
export function principalPath(kind: string, id: string): SafePath {
  if (kind === 'user') return path`/users/${id}`;
  return kind === 'group' ? path`/groups/${id}` : path`/servicePrincipals/${id}`;
}

async function find(graph: Graph, kind: PrincipalKind, name: string): Promise<z.infer<typeof foundSchema> | undefined> {
  const id = objectId(name);
  const $select = kind === 'group' ? 'id,isAssignableToRole' : 'id';
  if (id !== undefined) {
    try {
      return await graph.client.read({ path: principalPath(kind, id), query: { $select }, schema: foundSchema });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }
  if (kind !== 'user' || !isUserPrincipalName(name)) return undefined;
  // In a path a name that starts with $ needs another form, and # ends it: in a filter all are alike.
  const query = { $filter: `userPrincipalName eq ${quoted(name)}`, $select };
  const { elements } = await readPiece(graph, { path: path`/users`, query, element: foundSchema });
  return elements[0];
}
