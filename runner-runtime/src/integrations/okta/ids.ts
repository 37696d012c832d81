import type { Target } from '@axiom-runner/protocol';
import { RunnerError } from '../../errors.js';

/** Kinds of objects by the beginning of their ids, https://developer.okta.com/docs/api/openapi/okta-management/guides/overview */
const PREFIXES = { user: '00u', group: '00g', org: '00o', app: '0oa', role: 'cr0', 'resource-set': 'iam' } as const;
export type IdKind = keyof typeof PREFIXES;

/** Whether a text is an id: 20 letters and digits, the first three of which say of what. */
export function isId(kind: IdKind, text: string): boolean {
  return text.length === 20 && text.startsWith(PREFIXES[kind]) && /^[0-9A-Za-z]+$/.test(text);
}

/** The id that a target's path is. @throws {RunnerError} `TARGET_NOT_FOUND` */
export function targetId(kind: IdKind, { path }: Target): string {
  const [id] = path;
  if (id !== undefined && path.length === 1 && isId(kind, id)) return id;
  throw new RunnerError('TARGET_NOT_FOUND', `The path of the target is not the id of one ${kind}.`, {
    object: path.join('/'),
    mend: 'Use the target as the collection shows it.',
  });
}

/** What a link leads to: kind of object and id, where it leads to a user or a group. */
export function linkedPrincipal(href: string | undefined): { readonly kind: 'user' | 'group'; readonly id: string } | undefined {
  const [, kinds, id = ''] = /\/api\/v1\/(users|groups)\/([^/?#]+)$/.exec(href ?? '') ?? [];
  const kind = kinds === 'users' ? 'user' : 'group';
  return kinds !== undefined && isId(kind, id) ? { kind, id } : undefined;
}
