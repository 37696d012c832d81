/** The URL of the next page in a `Link` header (RFC 8288), where there is one. */
export function nextLink(headers: Headers): string | undefined {
  for (const [, url, parameters = ''] of (headers.get('link') ?? '').matchAll(/<([^<>]*)>((?:\s*;[^,<]*)*)/g)) {
    if (/;\s*rel\s*=\s*"?(?:[^"]*\s)?next(?:\s[^"]*)?"?\s*(;|$)/i.test(parameters)) return url;
  }
  return undefined;
}

/**
 * What the URL of a next page says in one parameter of its query: all that is needed of it, since the rest of the request is the caller's own.
 * @param url may be relative
 */
export function queryParameter(url: string | undefined, name: string): string | undefined {
  if (url === undefined || !URL.canParse(url, 'https://api.example.com')) return undefined;
  return new URL(url, 'https://api.example.com').searchParams.get(name) ?? undefined;
}

/** The offset of the next piece of a list that is counted: `undefined` after the last. */
export function nextOffset(offset: number, received: number, total: number): string | undefined {
  return received > 0 && offset + received < total ? String(offset + received) : undefined;
}

/** An offset or page number that came back from outside. @returns `first` for whatever is no number */
export function numberOf(token: string | undefined, first: number): number {
  return token !== undefined && /^\d{1,12}$/.test(token) ? Number(token) : first;
}
