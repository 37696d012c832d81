import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { queryParameter } from '../../integration-kit/collection/paging.js';
import { badCursor, type ListPage } from '../../integration-kit/collection/source.js';
import type { Query } from '../../integration-kit/http/json-client.js';
import type { SafePath } from '../../integration-kit/http/path.js';
import type { Graph } from './graph.js';

/** A list of Graph. */
export interface ODataList<Element> {
  readonly path: SafePath;
  readonly query?: Query;
  /** Needs the index that follows the directory with a delay: filters on relations, counts and casts. */
  readonly eventual?: boolean;
  readonly element: z.ZodType<Element>;
}

/** https://learn.microsoft.com/graph/paging: what of the link to the next piece is not the question itself. */
const PLACES = ['$skiptoken', '$skip'] as const;

/** Reads one piece of a list. The link to the next one is never followed: its place in the list is put into a request of our own. */
export async function readPiece<Element>(
  { client }: Graph,
  { path, query = {}, eventual = false, element }: ODataList<Element>,
  token?: string,
): Promise<ListPage<Element>> {
  const { value, '@odata.nextLink': link } = await client.read({
    path,
    query: { ...query, ...(eventual && { $count: true }), ...(token !== undefined && placeIn(token)) },
    headers: eventual ? { ConsistencyLevel: 'eventual' } : {},
    schema: z.object({ value: z.array(element), '@odata.nextLink': z.string().optional() }),
  });
  return { elements: value, next: link === undefined ? undefined : placeOf(link, path) };
}

/** Reads a list to its end; for lists that are short by their nature. */
export async function readAll<Element>(graph: Graph, list: ODataList<Element>): Promise<readonly Element[]> {
  const elements: Element[] = [];
  let token: string | undefined;
  do {
    const piece: ListPage<Element> = await readPiece(graph, list, token);
    elements.push(...piece.elements);
    token = piece.next;
  } while (token !== undefined);
  return elements;
}

function placeOf(link: string, path: string): string {
  for (const name of PLACES) {
    const value = queryParameter(link, name);
    if (value !== undefined && value !== '') return `${name}=${value}`;
  }
  // To end here would pass a part of a list for the whole.
  throw new RunnerError('TARGET_UNREACHABLE', 'The list has another piece, but no place at which it starts.', { object: path });
}

function placeIn(token: string): Query {
  const name = PLACES.find((known) => token.startsWith(`${known}=`));
  if (name === undefined) throw badCursor();
  return { [name]: token.slice(name.length + 1) };
}
