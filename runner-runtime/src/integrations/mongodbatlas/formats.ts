/** Names and ids as Atlas and MongoDB allow them; what does not fit belongs to nothing. */

/** Of an organization, a project, a team or a user. */
export function isId(text: string): boolean {
  return /^[a-f0-9]{24}$/.test(text);
}

/** The name of a person's account. */
export function isEmail(text: string): boolean {
  return /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}\.)+[A-Za-z]{2,63}$/.test(text);
}

export function isClusterName(text: string): boolean {
  return /^[a-zA-Z0-9][a-zA-Z0-9-]{0,63}$/.test(text);
}

/** https://www.mongodb.com/docs/manual/reference/limits/#naming-restrictions */
export function isDatabaseName(text: string): boolean {
  return /^[^/\\. "$*<>:|?]+$/.test(text) && isPlain(text) && Buffer.byteLength(text) < 64;
}

/** https://www.mongodb.com/docs/manual/reference/limits/#naming-restrictions */
export function isCollectionName(text: string): boolean {
  return text !== '' && !text.includes('$') && !/^system\.|^\.|\.$/.test(text) && isPlain(text) && Buffer.byteLength(text) <= 190;
}

function isPlain(text: string): boolean {
  return !/\p{Cc}|\p{Surrogate}/u.test(text);
}
