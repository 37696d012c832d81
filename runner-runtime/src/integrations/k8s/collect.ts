import { createHash } from 'node:crypto';
import { type Item, itemSchema } from '@axiom-runner/protocol';
import { z } from 'zod';
import { badCursor, type ListPage, list, within } from '../../integration-kit/collection/source.js';
import { collectStages, type Stage, stage } from '../../integration-kit/collection/stages.js';
import type { JsonClient } from '../../integration-kit/http/json-client.js';
import type { CollectPage } from '../integration.js';
import { type Access, openApi } from './api.js';
import { ROLE_PREFIX } from './declaration.js';
import { accountItem, assignmentItems, clusterItem, clusterRoleItems, namespaceItem, roleItem, subjectItems } from './items.js';
import { LARGEST_PIECE, type List, readAll, readPiece } from './list.js';
import { bindingSchema, type ClusterObject, namespaceSchema, objectSchema, roleSchema } from './objects.js';
import {
  ALL_ROLE_BINDINGS,
  ALL_ROLES,
  ALL_SERVICE_ACCOUNTS,
  bindingsPath,
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  NAMESPACES,
} from './paths.js';

/** What every call needs. */
interface Context {
  readonly api: JsonClient;
  /** What users call the cluster. */
  readonly cluster: string;
}

const namespaces: List<ClusterObject> = { path: NAMESPACES, schema: namespaceSchema };
const clusterBindings = { path: CLUSTER_ROLE_BINDINGS, schema: bindingSchema };
const allBindings = { path: ALL_ROLE_BINDINGS, schema: bindingSchema };

const STAGES: readonly Stage<Context>[] = [
  stage(
    'cluster',
    list(1, async ({ cluster }: Context) => ({ elements: [clusterItem(cluster)] })),
    same,
  ),
  objects('namespaces', namespaces, (object) => [namespaceItem(object)]),
  objects('clusterroles', { path: CLUSTER_ROLES, schema: roleSchema }, clusterRoleItems, 2),
  objects('roles', { path: ALL_ROLES, schema: roleSchema }, (role) => [roleItem(role)]),
  objects('serviceaccounts', { path: ALL_SERVICE_ACCOUNTS, schema: objectSchema }, (account) => [accountItem(account)]),
  stage(
    'subjects',
    list(LARGEST_PIECE, async ({ api }: Context, after, size) => {
      const bindings = [...(await readAll(api, clusterBindings)), ...(await readAll(api, allBindings))];
      return distinct(bindings.flatMap(subjectItems), after, size);
    }),
    same,
  ),
  stage(
    'clusterrolebindings',
    list(LARGEST_PIECE, async ({ api, cluster }: Context, after, size) =>
      distinct(
        (await readAll(api, clusterBindings)).flatMap((binding) => assignmentItems(binding, cluster)),
        after,
        size,
      ),
    ),
    same,
  ),
  stage(
    'rolebindings',
    within(
      list(LARGEST_PIECE, async ({ api }: Context, token, size) => readFrom(api, namespaces, token, size)),
      {
        key: ({ metadata }) => metadata.uid,
        name: ({ metadata }) => `bindings of namespace ${metadata.name}`,
        most: LARGEST_PIECE,
        read: async ({ api, cluster }, { metadata }, after, size) => {
          const bindings = await readAll(api, { path: bindingsPath(metadata.name), schema: bindingSchema });
          return distinct(
            bindings.flatMap((binding) => assignmentItems(binding, cluster)),
            after,
            size,
          );
        },
      },
    ),
    ([, item]) => [item],
  ),
];

/** Reads one page of all that is in the cluster; never a Secret. */
export async function collect(access: Access, cursor: string | undefined, limit: number): Promise<CollectPage> {
  return collectStages(STAGES, { api: openApi(access), cluster: access.secret.cluster }, cursor, limit);
}

function same(item: Item): readonly Item[] {
  return [item];
}

/** A stage of objects that are one of a kind: read piece by piece as the cluster hands them out. @param each items of one object */
function objects<T extends ClusterObject>(name: string, from: List<T>, items: (object: T) => readonly Item[], each = 1): Stage<Context> {
  const source = list(LARGEST_PIECE, async ({ api }: Context, token, size) => {
    const { elements, next, warnings } = await readFrom(api, from, token, Math.ceil(size / each));
    return { elements: elements.flatMap(items), next, warnings: warnings ?? [] };
  });
  return stage(name, source, same);
}

/** The cluster's own token, and the key of the last object: once the token has expired, the list is begun again and read from there. */
const placeSchema = z.tuple([z.string().max(3000).nullable(), z.string()]);
/** A longer one is done without. */
const LONGEST_TOKEN = 2000;
/** A namespace, a slash, and a name that a permission can hold. */
const LONGEST_KEY = 63 + 1 + 512 - ROLE_PREFIX.length;

async function readFrom<T extends ClusterObject>(
  api: JsonClient,
  from: List<T>,
  place: string | undefined,
  size: number,
): Promise<ListPage<T>> {
  let [token, after] = place === undefined ? [undefined, ''] : readPlace(place);
  for (;;) {
    const again = token === undefined && after !== '';
    const piece = await readPiece(api, from, token, again ? LARGEST_PIECE : size);
    if (piece === 'expired') {
      token = undefined;
      continue;
    }
    const found = piece.objects.filter((object) => place === undefined || isAfter(keyOf(object), after));
    const elements = found.filter((object) => isBearable(keyOf(object)));
    const warnings = leftOut(found.length - elements.length);
    const last = elements.at(-1);
    if (piece.next === undefined) return { elements, warnings };
    if (last !== undefined) {
      const next = piece.next.length > LONGEST_TOKEN ? null : piece.next;
      return { elements, warnings, next: JSON.stringify([next, keyOf(last)]) };
    }
    token = piece.next;
  }
}

function readPlace(text: string): [string | undefined, string] {
  try {
    const [token, after] = placeSchema.parse(JSON.parse(text));
    return [token ?? undefined, after];
  } catch {
    throw badCursor();
  }
}

/** Kubernetes bounds the names of roles by the size of an object only; what no task could name is left out, and must not break the cursor. */
function isBearable(key: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  return key.length <= LONGEST_KEY && !/[\u0000-\u001f\u007f]/.test(key);
}

/** Lists are in the order of these, byte by byte. */
function keyOf({ metadata: { namespace = '', name } }: ClusterObject): string {
  return `${namespace}/${name}`;
}

function isAfter(key: string, other: string): boolean {
  return Buffer.compare(Buffer.from(key), Buffer.from(other)) > 0;
}

/** One piece of the different ones among items that may come more than once, in an order that lasts: of the hashes. */
function distinct(items: readonly Item[], after: string | undefined, size: number): ListPage<Item> {
  const byHash = new Map(items.map((item) => [createHash('sha256').update(JSON.stringify(item)).digest('base64url'), item]));
  const hashes = [...byHash.keys()].filter((hash) => after === undefined || hash > after).sort();
  const piece = hashes.slice(0, size);
  const found = piece.flatMap((hash) => byHash.get(hash) ?? []);
  const elements = found.filter((item) => itemSchema.safeParse(item).success);
  const next = hashes.length > size ? piece.at(-1) : undefined;
  return { elements, next, warnings: leftOut(found.length - elements.length) };
}

function leftOut(count: number): string[] {
  return count === 0 ? [] : [`${count} names were left out: they are longer than a task can carry, or hold control characters`];
}
