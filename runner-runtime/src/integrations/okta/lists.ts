import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { nextLink, queryParameter } from '../../integration-kit/collection/paging.js';
import type { ListPage } from '../../integration-kit/collection/source.js';
import type { JsonClient, Query } from '../../integration-kit/http/json-client.js';
import type { SafePath } from '../../integration-kit/http/path.js';

/** More pages of a list that is read whole would be an answer that goes in circles. */
const MOST_PAGES = 500;

/** A list, and the shape of its elements. */
export interface OktaList<Element> {
  readonly path: SafePath;
  readonly query?: Query;
  readonly element: z.ZodType<Element>;
}

/** One page of a list whose next page stands in the header `Link`, https://developer.okta.com/docs/api/#pagination */
export async function readPage<Element>(
  client: JsonClient,
  { path, query = {}, element }: OktaList<Element>,
  after?: string,
): Promise<ListPage<Element>> {
  const { data, headers } = await client.call({ path, query: { ...query, after }, schema: z.array(element) });
  return { elements: data, next: cursorIn(nextLink(headers)) };
}

/** One page of a list of the interface of roles, which says the next page in its body. @param name of the field that holds the list */
export async function readRolesPage<Element>(
  client: JsonClient,
  name: string,
  { path, query = {}, element }: OktaList<Element>,
  after?: string,
): Promise<ListPage<Element>> {
  const schema = z
    .looseObject({ _links: z.object({ next: z.object({ href: z.string() }).optional() }).optional() })
    .transform((page) => ({ elements: page[name], next: page._links?.next?.href }))
    .pipe(z.object({ elements: z.array(element), next: z.union([z.string(), z.undefined()]) }));
  const { elements, next } = await client.read({ path, query: { ...query, after }, schema });
  return { elements, next: cursorIn(next) };
}

/** Every element of a list that is short by its nature. */
export async function readWhole<Element>(read: (after: string | undefined) => Promise<ListPage<Element>>): Promise<readonly Element[]> {
  const elements: Element[] = [];
  let after: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const { elements: more, next } = await read(after);
    elements.push(...more);
    if (next === undefined) return elements;
    after = next;
  }
  throw new RunnerError('UNSUPPORTED', `A list of the system has more than ${MOST_PAGES} pages.`);
}

/** A list that was cut without a word would look as if somebody had lost what is on its next page. */
function cursorIn(next: string | undefined): string | undefined {
  const after = queryParameter(next, 'after');
  if (next === undefined || after !== undefined) return after;
  throw new RunnerError('TARGET_UNREACHABLE', 'A list has a next page that cannot be asked for.', {
    mend: 'Check that no proxy changes the answers of Okta.',
  });
}
