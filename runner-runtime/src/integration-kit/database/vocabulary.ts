/** The levels of access to data, the same in all database systems; each gives what the ones before it give. */
export const LEVELS = ['Read', 'Read & Write', 'Admin'] as const;
export type Level = (typeof LEVELS)[number];

/** Membership in an existing role. */
export const MEMBER = 'Member';

export function isLevel(permission: string): permission is Level {
  return LEVELS.some((level) => level === permission);
}
