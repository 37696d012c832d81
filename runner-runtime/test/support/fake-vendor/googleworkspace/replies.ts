import type { FakeCall, FakeReply } from '../fake-vendor.js';

/** An error as the Directory API writes it, https://developers.google.com/workspace/admin/directory/v1/limits */
export function refusal(code: number, reason: string, message: string): FakeReply {
  return { status: code, body: { error: { code, message, errors: [{ message, domain: 'global', reason }] } } };
}

/** An error as newer interfaces write it, https://cloud.google.com/apis/design/errors */
export function status(code: number, name: string, message: string, reason?: string): FakeReply {
  const details = reason === undefined ? [] : [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'googleapis.com' }];
  return { status: code, body: { error: { code, message, status: name, details } } };
}

export const notFound = (what: string): FakeReply => refusal(404, 'notFound', `Resource Not Found: ${what}`);
export const forbidden = (): FakeReply => refusal(403, 'forbidden', 'Not Authorized to access this resource/api');

/** One page by keyset, as all lists of the Directory API: what vanishes in between is left out, and nothing else. */
export function page<Element>(
  call: FakeCall,
  elements: readonly Element[],
  key: (element: Element) => string,
  { usual, most }: { readonly usual: number; readonly most: number },
): { readonly found: readonly Element[]; readonly more: { readonly nextPageToken?: string } } | undefined {
  const size = Math.min(most, Number(call.query.get('maxResults') ?? usual));
  const token = call.query.get('pageToken');
  const after = token === null ? '' : Buffer.from(token, 'base64url').toString('utf8');
  if (token !== null && !after.startsWith('after:')) return undefined;
  const sorted = [...elements].sort((one, other) => (key(one) < key(other) ? -1 : 1));
  const rest = token === null ? sorted : sorted.filter((element) => key(element) > after.slice('after:'.length));
  const found = rest.slice(0, size);
  const last = found.at(-1);
  const more = rest.length > size && last !== undefined ? { nextPageToken: Buffer.from(`after:${key(last)}`).toString('base64url') } : {};
  return { found, more };
}

export const badPageToken = (): FakeReply => refusal(400, 'invalid', 'Invalid Input: pageToken');
