import { AGENT_HEALTH_PATH, AGENT_SECRET_ID_MAX_LENGTH, AGENT_SECRET_ID_PATTERN, AGENT_SECRET_PATH } from '../../../../contract/agent.js';
import { TOKEN_PATTERN } from '../applications/token.js';
import type { ProblemCode } from '../problem.js';

/** The parts of a request that matter, as they came in. */
export interface RawRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  /** Names and values in turn, as Node gives them. */
  readonly rawHeaders: readonly string[];
}

/** What a request asks for. */
export type Asked =
  | { readonly what: 'secret'; readonly id: string; readonly headersOnly: boolean; readonly token: string | undefined }
  | { readonly what: 'health'; readonly headersOnly: boolean }
  | { readonly what: 'refused'; readonly code: ProblemCode };

const SECRET_ID = new RegExp(AGENT_SECRET_ID_PATTERN);
/** Put in the place of an id by mistake; an id is recorded. */
const TOKEN = new RegExp(TOKEN_PATTERN);
const BEARER = 'bearer ';

/**
 * Headers that no application on this host sends, but a proxy, a browser or a server that was talked into a request (SSRF) does.
 * Sec-Fetch-Mode is no sign, the fetch of Node sends it; nor is Upgrade, which the client of Java sends and which nothing here answers. https://fetch.spec.whatwg.org/#forbidden-request-header, https://www.rfc-editor.org/rfc/rfc7239
 */
const FOREIGN_HEADER =
  /^(?:forwarded|via|origin|referer|x-forwarded-.*|x-real-ip|sec-(?!fetch-mode$).*|proxy-.*|access-control-.*|cookie|expect)$/;

/**
 * Reads a request in one pass over its headers. Nothing is decoded or normalised: what is not plain is refused.
 * @param isOwnHost whether a `Host` header names this agent
 */
export function readRequest({ method, url, rawHeaders }: RawRequest, isOwnHost: (host: string) => boolean): Asked {
  let host: string | undefined;
  let token: string | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    const value = rawHeaders[index + 1] ?? '';
    if (name === 'host') {
      // Two of them are read differently by different servers: https://www.rfc-editor.org/rfc/rfc9112#section-3.2
      if (host !== undefined) return refused('REQUEST_INVALID');
      host = value;
    } else if (name === 'authorization') {
      if (token !== undefined || value.length <= BEARER.length || value.slice(0, BEARER.length).toLowerCase() !== BEARER)
        return refused('REQUEST_INVALID');
      token = value.slice(BEARER.length);
    } else if (name === 'content-length' ? value !== '0' : name === 'transfer-encoding' || FOREIGN_HEADER.test(name)) {
      return refused('REQUEST_INVALID');
    }
  }
  if (host === undefined || !isOwnHost(host)) return refused('HOST_REFUSED');
  return asked(method, url ?? '', token);
}

function asked(method: string | undefined, url: string, token: string | undefined): Asked {
  const headersOnly = method === 'HEAD';
  if (!headersOnly && method !== 'GET') return refused('METHOD_NOT_ALLOWED');
  if (url.startsWith(AGENT_SECRET_PATH)) {
    const id = url.slice(AGENT_SECRET_PATH.length);
    return id.length <= AGENT_SECRET_ID_MAX_LENGTH && SECRET_ID.test(id) && !TOKEN.test(id)
      ? { what: 'secret', id, headersOnly, token }
      : refused('REQUEST_INVALID');
  }
  if (url === AGENT_HEALTH_PATH) return { what: 'health', headersOnly };
  return refused(url.startsWith('/') ? 'PATH_NOT_FOUND' : 'REQUEST_INVALID');
}

function refused(code: ProblemCode): Asked {
  return { what: 'refused', code };
}
