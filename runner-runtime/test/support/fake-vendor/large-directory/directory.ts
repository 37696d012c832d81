/** How large a directory is. */
export interface DirectorySize {
  readonly users: number;
  readonly groups: number;
  /** Members of each group, no more than there are users. */
  readonly members: number;
}

const GIVEN = [
  'Ann',
  'Bela',
  'Chen',
  'Dana',
  'Emre',
  'Farah',
  'Goran',
  'Hanna',
  'Ines',
  'Jun',
  'Kofi',
  'Lena',
  'Malik',
  'Noor',
  'Olga',
  'Pavel',
];
const FAMILY = [
  'Abe',
  'Brandt',
  'Costa',
  'Diaz',
  'Eriksen',
  'Fischer',
  'Garcia',
  'Haddad',
  'Ito',
  'Jansen',
  'Kaya',
  'Lopez',
  'Mbeki',
  'Novak',
];
const MADE = '2024-01-02T03:04:05.000Z';
/** Neighbours in the list of groups have few members in common. */
const STEP = 613;

/** An org that is computed and kept nowhere: every object follows from its place, so that any process knows what all of it is. */
export class LargeDirectory {
  readonly orgId = idOf('00o', 0);
  readonly #groups = new Map<string, number>();

  constructor(readonly size: DirectorySize) {
    if (size.members > size.users) throw new Error('a group cannot have more members than there are users');
    for (let group = 0; group < size.groups; group += 1) this.#groups.set(this.groupId(group), group);
  }

  userId(user: number): string {
    return idOf('00u', user);
  }

  groupId(group: number): string {
    return idOf('00g', group);
  }

  /** The place of a group, where there is one with this id. */
  groupAt(id: string): number | undefined {
    return this.#groups.get(id);
  }

  /** The place of a member among the users. */
  memberOf(group: number, member: number): number {
    return (group * STEP + member) % this.size.users;
  }

  /** https://developer.okta.com/docs/api/openapi/okta-management/management/tag/User/ */
  user(user: number) {
    const [firstName, lastName] = [GIVEN[mix(user) % GIVEN.length] ?? '', FAMILY[mix(~user) % FAMILY.length] ?? ''];
    const login = `${firstName}.${lastName}.${user}@example.com`.toLowerCase();
    return {
      id: this.userId(user),
      status: 'ACTIVE',
      created: MADE,
      activated: MADE,
      statusChanged: MADE,
      lastLogin: null,
      lastUpdated: MADE,
      passwordChanged: MADE,
      profile: { login, email: login, firstName, lastName },
      credentials: { provider: { type: 'OKTA', name: 'OKTA' } },
    };
  }

  /** https://developer.okta.com/docs/api/openapi/okta-management/management/tag/Group/ */
  group(group: number) {
    return {
      id: this.groupId(group),
      created: MADE,
      lastUpdated: MADE,
      lastMembershipUpdated: MADE,
      objectClass: ['okta:user_group'],
      type: 'OKTA_GROUP',
      profile: { name: `Team ${group}`, description: '' },
    };
  }
}

/** 20 letters and digits that look random, as Okta's do: ids that count would take next to no room when they are packed. */
function idOf(prefix: string, place: number): string {
  const word = (value: number) => mix(value).toString(36).padStart(7, '0');
  return `${prefix}${word(place)}${word(place + 0x40000000)}0g4`;
}

/** The finalizer of MurmurHash3, a bijection on 32 bits: https://github.com/aappleby/smhasher/wiki/MurmurHash3 */
function mix(value: number): number {
  let hash = value >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
