/** Ids and names as PagerDuty makes them; what does not fit belongs to nothing. */

/** Of whatever object: `PXPGF42`, `Q2MCMG5TVIV6LQ`. */
export function isId(text: string): boolean {
  return /^[A-Z0-9]{5,32}$/.test(text);
}

export function isEmail(text: string): boolean {
  return /^[\x21-\x3f\x41-\x7e]{1,80}@[A-Za-z0-9.-]{1,80}$/.test(text) && text.length <= 100;
}

/** The first part of an account's address. */
export function isSubdomain(text: string): boolean {
  return /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(text);
}

/** Whether two e-mails or subdomains are the same to PagerDuty. */
export function isSameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
