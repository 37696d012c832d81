import { isSame, type Lattice, levels, type SlotValue } from '../../integration-kit/slots/lattice.js';

/** A level, as users know it and as GitHub's interface calls it. */
interface Level {
  readonly permission: string;
  /** In answers. */
  readonly role: string;
  /** In requests. */
  readonly sent: string;
}

/** Roles of a repository, lowest first: https://docs.github.com/en/organizations/managing-user-access-to-your-organizations-repositories/managing-repository-roles/repository-roles-for-an-organization */
export const REPOSITORY_LEVELS: readonly Level[] = [
  { permission: 'Read', role: 'read', sent: 'pull' },
  { permission: 'Triage', role: 'triage', sent: 'triage' },
  { permission: 'Write', role: 'write', sent: 'push' },
  { permission: 'Maintain', role: 'maintain', sent: 'maintain' },
  { permission: 'Admin', role: 'admin', sent: 'admin' },
];

/** Roles in a team, lowest first. */
export const TEAM_LEVELS: readonly Level[] = [
  { permission: 'Member', role: 'member', sent: 'member' },
  { permission: 'Maintainer', role: 'maintainer', sent: 'maintainer' },
];

/**
 * Stands in a slot of which GitHub shows only that something else gives as much: it answers with the highest role of all ways, so that a lower
 * or equal one in the slot cannot be told.
 */
export const HIDDEN = '?';

/** Whether a value is {@link HIDDEN}. */
export function isHidden(value: SlotValue): boolean {
  return isSame(value, [HIDDEN]);
}

/** One level at a time, of which some cannot be told. */
function partlyHidden(order: readonly Level[]): Lattice {
  const known = levels(order.map(({ role }) => role));
  return {
    join: (values) => known.join(values.filter((value) => !isHidden(value))),
    // What is hidden may be more than it should be.
    meet: (one, other) => (isHidden(other) ? one : known.meet(one, other)),
    covers: known.covers,
    without: (before, ours, current) => (isHidden(current) ? before : known.without(before, ours, current)),
  };
}

export const REPOSITORY_ROLES = partlyHidden(REPOSITORY_LEVELS);
export const TEAM_ROLES = partlyHidden(TEAM_LEVELS);

/** A role as answers call it, from what requests and older answers call it; custom roles have one name. */
export function roleOf(name: string): string {
  return REPOSITORY_LEVELS.find(({ sent }) => sent === name)?.role ?? name;
}

/** What a request calls a role. */
export function sentAs(role: string): string {
  return REPOSITORY_LEVELS.find((level) => level.role === role)?.sent ?? role;
}

/** What users know a role as: the declared permission, or the name of a custom role. */
export function permissionOf(order: readonly Level[], role: string): string {
  return order.find((level) => level.role === role)?.permission ?? role;
}

/** Whether a role of a repository is one of GitHub's own, whose order is known. */
export function isKnownRole(role: string): boolean {
  return REPOSITORY_LEVELS.some((level) => level.role === role);
}
