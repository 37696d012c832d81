/** Names as GitHub allows them; names that do not fit belong to nothing. */

/** Of a user or an organization; an underscore stands before the short code of an enterprise's own users. */
export function isLogin(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/.test(text);
}

/** Of a repository, without its owner. */
export function isRepositoryName(text: string): boolean {
  return /^[A-Za-z0-9._-]{1,100}$/.test(text) && text !== '.' && text !== '..';
}

/** The part of a team's URL that stands for it. */
export function isTeamSlug(text: string): boolean {
  return isRepositoryName(text);
}

/** An e-mail that can stand between quotes in a search. */
export function isEmail(text: string): boolean {
  return /^[^\s"\\@]{1,100}@[^\s"\\@]{1,200}$/.test(text);
}

/** Whether two names are the same to GitHub. */
export function isSameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
