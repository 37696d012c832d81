/** Forms of Google's ids and addresses: what is of another form is not asked for. */

/** A user's id: digits. */
const USER_ID = /^\d{5,30}$/;
/** A group's id, as `01ci93xb3tmzyin`. */
const GROUP_ID = /^[0-9a-z]{5,30}$/;
/** https://support.google.com/a/answer/9193374 */
const EMAIL = /^[A-Za-z0-9._'+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,8}$/;
/** An organizational unit's id, as `03ph8a2z1enc9eq`. */
const ORG_UNIT_ID = /^[0-9a-z]{5,40}$/;

export function isUserKey(text: string): boolean {
  return USER_ID.test(text) || EMAIL.test(text);
}

export function isGroupKey(text: string): boolean {
  return GROUP_ID.test(text) || EMAIL.test(text);
}

export function isOrgUnitId(text: string): boolean {
  return ORG_UNIT_ID.test(text);
}

/** Addresses differ in nothing but case where they are the same. */
export function isSameEmail(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** What the runner names itself, in any system. */
export function isRunnersOwn(email: string): boolean {
  return /^axm[_-]/i.test(email);
}
