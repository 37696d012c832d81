import type { FakeCall, FakeReply } from '../fake-vendor.js';

const DEFAULT_SIZE = 100;
const MOST = 999;

/** https://learn.microsoft.com/graph/errors */
export function failure(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}): FakeReply {
  const innerError = { date: '2030-01-01T00:00:00', 'request-id': 'c0f1a7d2-6c1b-4a8e-9b57-0d5d1a0f6e11' };
  return { status, headers, body: { error: { code, message, innerError } } };
}

export function notFound(id: string): FakeReply {
  const message = `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`;
  return failure(404, 'Request_ResourceNotFound', message);
}

export const DENIED = failure(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.');

/** One object, with the properties that were selected. */
export function entity(call: FakeCall, object: object): FakeReply {
  return { status: 200, body: { '@odata.context': 'https://graph.microsoft.com/v1.0/$metadata#entity', ...selected(call, object) } };
}

/**
 * A piece of a list by keyset, and the link to the next one. https://learn.microsoft.com/graph/paging
 * @param base where the interface is
 */
export function collection(call: FakeCall, base: string, objects: readonly { readonly id: string }[], most = MOST): FakeReply {
  const top = Number(call.query.get('$top') ?? Math.min(DEFAULT_SIZE, most));
  if (!Number.isInteger(top) || top < 1 || top > most) return failure(400, 'Request_BadRequest', 'Invalid page size specified.');
  const token = call.query.get('$skiptoken');
  const after = token === null ? undefined : readToken(token);
  if (token !== null && after === undefined)
    return failure(400, 'Directory_ExpiredPageToken', 'The specified page token value has expired.');
  const sorted = objects.toSorted((one, other) => (one.id < other.id ? -1 : 1)).filter(({ id }) => after === undefined || id > after);
  const page = sorted.slice(0, top);
  const next = new URL(base + call.path);
  for (const [name, value] of call.query) if (name !== '$skiptoken') next.searchParams.set(name, value);
  next.searchParams.set('$skiptoken', Buffer.from(`m~${page.at(-1)?.id}`).toString('base64url'));
  return {
    status: 200,
    body: {
      '@odata.context': 'https://graph.microsoft.com/v1.0/$metadata#list',
      ...(call.query.get('$count') === 'true' && call.headers['consistencylevel'] === 'eventual' && { '@odata.count': objects.length }),
      ...(sorted.length > page.length && { '@odata.nextLink': next.href }),
      value: page.map((object) => selected(call, object)),
    },
  };
}

/** Filters on relations and casts need the index. https://learn.microsoft.com/graph/aad-advanced-queries */
export function isAdvanced({ headers, query }: FakeCall): boolean {
  return headers['consistencylevel'] === 'eventual' && query.get('$count') === 'true';
}

export const NOT_ADVANCED = failure(
  400,
  'Request_UnsupportedQuery',
  'The specified query is not supported without ConsistencyLevel and $count.',
);

/** Values of a filter of the form `name eq 'value' and other eq guid`; nothing for any other. */
export function equalities(filter: string): ReadonlyMap<string, string> | undefined {
  const found = new Map<string, string>();
  for (const part of filter.split(/ and (?=\w+ eq )/)) {
    const [, name, text, id] = /^(\w+) eq (?:'((?:[^']|'')*)'|([0-9a-f-]{36}))$/.exec(part) ?? [];
    if (name === undefined) return undefined;
    found.set(name, text?.replaceAll("''", "'") ?? id ?? '');
  }
  return found;
}

export const BAD_FILTER = failure(400, 'Request_UnsupportedQuery', 'Invalid filter clause.');

function readToken(token: string): string | undefined {
  const text = Buffer.from(token, 'base64url').toString('utf8');
  return text.startsWith('m~') ? text.slice(2) : undefined;
}

function selected({ query }: FakeCall, object: object): object {
  const names = query.get('$select')?.split(',');
  if (names === undefined) return object;
  return Object.fromEntries(Object.entries(object).filter(([name]) => name === '@odata.type' || names.includes(name)));
}
