import {
  ListAccountsCommand,
  ListOrganizationalUnitsForParentCommand,
  ListRootsCommand,
  type OrganizationalUnit,
} from '@aws-sdk/client-organizations';
import { RunnerError } from '../../errors.js';
import { type ListPage, list } from '../../integration-kit/collection/source.js';
import { stage } from '../../integration-kit/collection/stages.js';
import { type Context, nextToken } from './collect-context.js';
import { foundOrUndefined } from './principals.js';
import type { Session } from './session.js';

/** https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html */
const PAGE = 20;

interface Named {
  readonly id: string;
  readonly name: string | undefined;
}

/** Accounts of the organization; where they may not be read, the own one. */
const accountList = list<Context, Named>(PAGE, async ({ session }, token, size) => {
  const own: ListPage<Named> = { elements: [{ id: session.account, name: undefined }] };
  try {
    const answer = await foundOrUndefined(() =>
      session.organizations.send(new ListAccountsCommand({ MaxResults: size, ...nextToken(token) })),
    );
    if (answer === undefined || (token === undefined && answer.Accounts?.length === 0)) return own;
    const elements = (answer.Accounts ?? []).flatMap(({ Id: id, Name: name }) => (id === undefined ? [] : [{ id, name }]));
    return { elements, next: answer.NextToken };
  } catch (error) {
    if (!(error instanceof RunnerError) || error.code !== 'TARGET_PERMISSION_DENIED') throw error;
    return { ...own, warnings: [`other accounts than ${session.account} could not be read: ${error.message}`] };
  }
});

export const accounts = stage('accounts', accountList, ({ id, name }) => [
  { item: 'target', target: { kind: 'account', path: [id] }, ...(name !== undefined && { displayName: name }) },
]);

/** An organizational unit, with the ids above it. */
interface Unit extends Named {
  readonly path: readonly string[];
}

/** Children of one parent after the other, depth first; the token is the parent's path. */
const units = list<Context, Unit>(PAGE, async ({ session }, token) => {
  const parent = token === undefined ? [] : token.split('/');
  const children = await childrenOf(session, parent);
  const first = children[0];
  const next = first === undefined ? await afterSubtree(session, parent) : first.path;
  return { elements: children, next: next?.join('/') };
});

export const organizationalUnits = stage(
  'organizational-units',
  units,
  ({ path, name }) => [{ item: 'target', target: { kind: 'ou', path: [...path] }, ...(name !== undefined && { displayName: name }) }],
  { optional: true },
);

/** The next parent to look into, once everything below this one was. */
async function afterSubtree(session: Session, path: readonly string[]): Promise<readonly string[] | undefined> {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const siblings = await childrenOf(session, path.slice(0, depth - 1));
    const next = siblings.find(({ id }) => id > (path[depth - 1] ?? ''));
    if (next !== undefined) return next.path;
  }
  return undefined;
}

/** In the order of their ids; nothing where the parent has gone, or there is no organization. */
async function childrenOf(session: Session, path: readonly string[]): Promise<readonly Unit[]> {
  const parent = path.at(-1);
  const found: { readonly Id?: string | undefined; readonly Name?: string | undefined }[] = [];
  let token: string | undefined;
  do {
    const page = await foundOrUndefined(() => readChildren(session, parent, token));
    found.push(...(page?.children ?? []));
    token = page?.next;
  } while (token !== undefined);
  return found
    .flatMap(({ Id: id, Name: name }) => (id === undefined ? [] : [{ id, name, path: [...path, id] }]))
    .sort((one, other) => (one.id < other.id ? -1 : 1));
}

async function readChildren({ organizations }: Session, parent: string | undefined, token: string | undefined) {
  if (parent === undefined) {
    const { Roots: roots, NextToken: next } = await organizations.send(new ListRootsCommand({ MaxResults: PAGE, ...nextToken(token) }));
    return { children: roots, next };
  }
  const { OrganizationalUnits: children, NextToken: next } = await organizations.send(
    new ListOrganizationalUnitsForParentCommand({ ParentId: parent, MaxResults: PAGE, ...nextToken(token) }),
  );
  return { children: children as readonly OrganizationalUnit[] | undefined, next };
}
