import type { FakeCall, FakeReply } from '../fake-vendor.js';

const NAMES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ALREADY_EXISTS',
  429: 'RESOURCE_EXHAUSTED',
};

/** An error as the descriptions of both interfaces have it. */
export function refusal(code: number, message: string): FakeReply {
  return { status: code, body: { code, message, status: NAMES[code] ?? 'INTERNAL' } };
}

export const UNAUTHORIZED = refusal(401, 'Unauthorized');
export const FORBIDDEN = refusal(403, 'Forbidden');
export const NOT_FOUND = refusal(404, 'Not Found');
export const DONE: FakeReply = { status: 204 };

const DEFAULT_SIZE = 10;
const LARGEST_SIZE = 100;

/** A page of the older interface: `{results, totalCount}`. */
export function olderPage(call: FakeCall, all: readonly { readonly _id: string }[]): FakeReply {
  const sorted = call.query.get('sort') === '_id' ? [...all].sort((one, other) => (one._id < other._id ? -1 : 1)) : all;
  return { status: 200, body: { results: pieceOf(call, sorted), totalCount: all.length } };
}

/** What `skip` and `limit` ask for. */
export function pieceOf<Element>({ query }: FakeCall, all: readonly Element[]): readonly Element[] {
  const size = Math.min(LARGEST_SIZE, Number(query.get('limit') ?? DEFAULT_SIZE));
  const skip = Number(query.get('skip') ?? 0);
  return all.slice(skip, skip + size);
}

/** The fields of an object that were asked for, and its id. */
export function fieldsOf<Thing extends { readonly _id: string }>({ query }: FakeCall, thing: Thing): Pick<Thing, '_id'> & Partial<Thing> {
  const fields = query.get('fields') ?? '';
  if (fields === '') return thing;
  const wanted = ['_id', ...fields.split(' ')];
  return { ...Object.fromEntries(Object.entries(thing).filter(([name]) => wanted.includes(name))), _id: thing._id } as Partial<Thing> & {
    _id: string;
  };
}
