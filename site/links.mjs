import { posix } from 'node:path';
import { addressOf } from './outline.mjs';

/** Slug of a heading as forges make it, so that anchors are the same in both places. */
export function slugOf(heading) {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{Pc} -]/gu, '')
    .replaceAll(' ', '-');
}

/**
 * Where a link of a page leads in the site.
 * @param from path of the page in the repository
 * @param link as it is written there
 * @param site `pages` and `files` of the site as paths in the repository, and the `repository`'s address
 * @returns a page or file of the site from its root, or the file or folder at the repository's address
 */
export function resolveLink(from, link, { pages, files, repository }) {
  if (/^([a-z]+:|\/\/|#)/i.test(link)) return link;
  const [, file, anchor] = /^([^#]*)(#.*)?$/.exec(link);
  const target = posix.join(posix.dirname(from), decodeURI(file)).replace(/\/$/, '');
  if (target.startsWith('..')) throw new Error(`${from} links to ${link}, which lies outside the repository`);
  const page = [target, `${target}/README.md`].find((path) => pages.includes(path));
  if (page !== undefined) return `${addressOf(page)}${anchor ?? ''}`;
  if (files.includes(target)) return `/${target}`;
  const kind = /\.[^/]+$|^LICENSE$|Dockerfile$/.test(target) ? 'blob' : 'tree';
  return `${repository}/${kind}/HEAD/${target}${anchor ?? ''}`;
}

/** Plug-in of markdown-it: resolves the links of a page; `originOf` tells a page's path in the repository by its place in the site. */
export function resolveLinks(md, { site, originOf }) {
  md.core.ruler.push('resolve-links', ({ tokens, env }) => {
    for (const { children } of tokens) {
      for (const token of children ?? []) {
        if (token.type === 'link_open') token.attrSet('href', resolveLink(originOf(env.relativePath), token.attrGet('href'), site));
      }
    }
  });
}
