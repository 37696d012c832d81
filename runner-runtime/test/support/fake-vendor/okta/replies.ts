import type { FakeCall, FakeReply } from '../fake-vendor.js';

/** An error as Okta words it, https://developer.okta.com/docs/reference/error-codes/ */
export function refusal(
  status: number,
  errorCode: string,
  errorSummary: string,
  headers: Readonly<Record<string, string>> = {},
): FakeReply {
  return { status, headers, body: { errorCode, errorSummary, errorLink: errorCode, errorId: 'oaeExample0000000000', errorCauses: [] } };
}

export const INVALID_TOKEN = refusal(401, 'E0000011', 'Invalid token provided');
export const FORBIDDEN = refusal(403, 'E0000006', 'You do not have permission to perform the requested action');
export const NOT_FOUND = refusal(404, 'E0000007', 'Not found: Resource not found');
export const INVALID = refusal(400, 'E0000001', 'Api validation failed');

interface Listed {
  readonly id: string;
}

/** A piece of a list by its keyset, and the cursor of the next one. @param most the largest piece, and the one that comes unasked */
function pieceOf<Element extends Listed>(call: FakeCall, elements: readonly Element[], most: number) {
  const after = call.query.get('after');
  const from = after === null ? '' : Buffer.from(after, 'base64url').toString('utf8');
  const limit = Math.min(most, Number(call.query.get('limit') ?? most));
  const rest = elements.filter(({ id }) => id > from).sort((one, other) => (one.id < other.id ? -1 : 1));
  const piece = rest.slice(0, limit);
  const last = piece.at(-1);
  const next = rest.length > piece.length && last !== undefined ? Buffer.from(last.id).toString('base64url') : undefined;
  return { piece, next };
}

function nextUrl({ path, query }: FakeCall, host: string, next: string): string {
  const following = new URLSearchParams(query);
  following.set('after', next);
  return `https://${host}${path}?${following}`;
}

/** A page whose next one stands in the header `Link`. */
export function linkedPage<Element extends Listed>(
  call: FakeCall,
  host: string,
  elements: readonly Element[],
  shape: (element: Element) => unknown,
  most = 200,
): FakeReply {
  const { piece, next } = pieceOf(call, elements, most);
  const self = `<https://${host}${call.path}>; rel="self"`;
  const link = next === undefined ? self : `${self}, <${nextUrl(call, host, next)}>; rel="next"`;
  return { status: 200, headers: { link }, body: piece.map(shape) };
}

/** A page of the interface of roles, with the next one in its body. */
export function embeddedPage<Element extends Listed>(
  call: FakeCall,
  host: string,
  name: string,
  elements: readonly Element[],
  shape: (element: Element) => unknown,
): FakeReply {
  const { piece, next } = pieceOf(call, elements, 100);
  const links = next === undefined ? {} : { next: { href: nextUrl(call, host, next) } };
  return { status: 200, body: { [name]: piece.map(shape), _links: links } };
}
