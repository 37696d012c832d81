/** Collections of Resource Manager that have allow policies, by kind of target. */
export const COLLECTIONS = { organization: 'organizations', folder: 'folders', project: 'projects' } as const;
export type ResourceKind = keyof typeof COLLECTIONS;
export type Collection = (typeof COLLECTIONS)[ResourceKind];

/** `organizations/123`, `folders/456`, `projects/shop-prod`: https://cloud.google.com/apis/design/resource_names */
export type ResourceName = `${Collection}/${string}`;

/** Rules of ids: https://cloud.google.com/resource-manager/docs/creating-managing-projects#before_you_begin; old ones begin with a domain. */
const PROJECT_ID = /^(?:[a-z0-9][a-z0-9.-]{0,60}:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/;
const NUMBER = /^[1-9]\d{0,19}$/;

export function isProjectId(text: string): boolean {
  return PROJECT_ID.test(text);
}

export function isResourceKind(kind: string): kind is ResourceKind {
  return Object.hasOwn(COLLECTIONS, kind);
}

/** The name of a resource, where the id can be one of its kind. */
export function resourceName(kind: ResourceKind, id: string): ResourceName | undefined {
  return (kind === 'project' ? PROJECT_ID : NUMBER).test(id) ? `${COLLECTIONS[kind]}/${id}` : undefined;
}

export function isResourceName(text: string): text is ResourceName {
  const [collection, id = '', ...rest] = text.split('/');
  if (rest.length > 0) return false;
  if (collection === 'projects') return PROJECT_ID.test(id) || NUMBER.test(id);
  return (collection === 'organizations' || collection === 'folders') && NUMBER.test(id);
}

/** Collection and id. */
export function partsOf(name: ResourceName): readonly [Collection, string] {
  const [collection = '', id = ''] = name.split('/');
  return [collection as Collection, id];
}

/** https://cloud.google.com/iam/docs/roles-overview#role-names, https://cloud.google.com/iam/docs/creating-custom-roles */
const ROLE = /^(?:(organizations|projects)\/([^/]+)\/)?roles\/([A-Za-z0-9_.]{1,100})$/;

/** A role by the place that defines it; a predefined role has none. */
export interface RoleName {
  readonly collection?: 'organizations' | 'projects';
  readonly owner?: string;
  readonly id: string;
}

/** The parts of a role's name, where it can be one. */
export function parseRole(name: string): RoleName | undefined {
  const [, collection, owner = '', id] = ROLE.exec(name) ?? [];
  if (id === undefined) return undefined;
  if (collection === 'organizations' && NUMBER.test(owner)) return { collection, owner, id };
  if (collection === 'projects' && PROJECT_ID.test(owner)) return { collection, owner, id };
  return collection === undefined ? { id } : undefined;
}

/** Addresses as Google has them; `?` stands in policies before the uid of a deleted principal. */
const EMAIL = /^[a-z0-9!#$%&'*+/=^_`{|}~.-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;

/** An address in the form that policies have it: lower case; nothing for what is none. */
export function normalEmail(text: string): string | undefined {
  const email = text.toLowerCase();
  return email.length <= 254 && EMAIL.test(email) ? email : undefined;
}

export function isServiceAccountEmail(email: string): boolean {
  return email.endsWith('.gserviceaccount.com');
}

/** The project in the address of a service account that somebody made; Google's own accounts have none in theirs. */
export function projectOfAccount(email: string): string | undefined {
  const [, project] = /^[^@]+@([a-z][a-z0-9-]{4,28}[a-z0-9])\.iam\.gserviceaccount\.com$/.exec(email) ?? [];
  return project;
}
