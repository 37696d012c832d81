import type { Item, Principal, Target } from '@axiom-runner/protocol';
import { list, type Source } from '../../integration-kit/collection/source.js';
import { collectStages, stage } from '../../integration-kit/collection/stages.js';
import { MEMBER } from '../../integration-kit/database/vocabulary.js';
import type { CollectPage } from '../integration.js';
import { type Account, accountId } from './account.js';
import { byKey, databases, type KeyedQuery, relationKey, relations, viewsAmong } from './collect-queries.js';
import { type Access, type Session, withSession } from './connection.js';
import { declaration } from './declaration.js';
import {
  accounts,
  columnGrants,
  databaseGrants,
  dynamicGrants,
  privilegesIn,
  roleGrants,
  routineGrants,
  tableGrants,
  withRole,
} from './grant-tables.js';
import { databaseOfPattern, OWN_PREFIX } from './identifiers.js';
import type { ServerFacts } from './server.js';
import { isRelationOf, WHOLE_SERVER } from './target.js';

/** Reads one page; each stage by keyset. */
export function collect(access: Access, cursor: string | undefined, limit: number): Promise<CollectPage> {
  return withSession(access, (session) => collectStages(STAGES, session, cursor, limit));
}

/** A row of privileges is an item for each of them. */
const ITEMS_PER_GRANT = 4;
const SERVER: Target = { kind: 'server', path: [WHOLE_SERVER] };

type GrantRow = Account & { readonly role: number; readonly privileges: string };
type DynamicRow = GrantRow & { readonly grantable: number };
type MembershipRow = Account & { readonly role: number; readonly roleUser: string; readonly roleHost: string; readonly admin: number };
type RelationRow = GrantRow & { readonly db: string; readonly name: string };

const STAGES = [
  stage(
    'permissions',
    list<Session, Item>(1, async () => ({ elements: [...permissions(), { item: 'target', target: SERVER }] })),
    (item) => [item],
  ),
  stage(
    'accounts',
    byKey<Account & { role: number; locked: number }>(
      (facts) => ({ from: accounts(facts), key: ['host', 'user'], further: ['role', 'locked'] }),
      2,
    ),
    (row, { facts }) => accountItems(row, facts),
  ),
  grants<GrantRow>(
    'global',
    (facts) => ({ from: accounts(facts), key: ['host', 'user'], where: 'q.privileged = 1' }),
    () => SERVER,
  ),
  stage(
    'dynamic',
    byKey<DynamicRow>(
      (facts) => ({ from: withRole(dynamicGrants(), facts), key: ['user', 'host', 'privileges'], isAbsent: facts.mariadb }),
      1,
    ),
    (row, { facts }) =>
      assignments(principalOf(row, facts), [row.privileges, ...(Number(row.grantable) === 1 ? ['GRANT OPTION'] : [])], SERVER),
  ),
  stage(
    'memberships',
    byKey<MembershipRow>((facts) => {
      const key = facts.mariadb ? ['host', 'user', 'roleUser'] : ['roleHost', 'roleUser', 'host', 'user'];
      return { from: withRole(roleGrants(facts), facts), key };
    }, 1),
    (row, { facts }) => [
      {
        item: 'assignment',
        principal: principalOf(row, facts),
        permission: Number(row.admin) === 1 ? `${MEMBER} WITH ADMIN OPTION` : MEMBER,
        target: { kind: 'role', path: [accountId({ user: row.roleUser, host: row.roleHost }, facts)] },
      },
    ],
  ),
  stage('databases', databases, (name) => [{ item: 'target', target: { kind: 'database', path: [name] } }]),
  stage('relations', relations, ([database, { name, type }]) => {
    const kind = ['view', 'table'].find((candidate) => isRelationOf(candidate, type));
    return kind === undefined ? [] : [{ item: 'target', target: { kind, path: [database, name] } }];
  }),
  grants<GrantRow & { db: string }>(
    'database-grants',
    (facts) => ({ from: withRole(databaseGrants(), facts), key: indexed(facts) }),
    ({ db }, { partialRevokes }) => {
      const database = databaseOfPattern(db, partialRevokes);
      return database === undefined ? { kind: 'database-pattern', path: [db] } : { kind: 'database', path: [database] };
    },
  ),
  stage(
    'relation-grants',
    withKinds(byKey<RelationRow>((facts) => ({ from: withRole(tableGrants(), facts), key: indexed(facts, 'name') }), ITEMS_PER_GRANT)),
    ({ row, kind }, { facts }) => assignments(principalOf(row, facts), privilegesIn(row.privileges), { kind, path: [row.db, row.name] }),
  ),
  grants<RelationRow & { columnName: string }>(
    'column-grants',
    (facts) => ({ from: withRole(columnGrants(), facts), key: indexed(facts, 'name', 'columnName') }),
    ({ db, name, columnName }) => ({ kind: 'column', path: [db, name, columnName] }),
  ),
  grants<RelationRow & { type: string }>(
    'routine-grants',
    (facts) => ({ from: withRole(routineGrants(), facts), key: indexed(facts, 'name', 'type') }),
    ({ db, name, type }) => ({ kind: type.toLowerCase().replaceAll(' ', '-'), path: [db, name] }),
  ),
];

/** The columns of an index on grants. */
function indexed({ mariadb }: ServerFacts, ...further: readonly string[]): string[] {
  return [...(mariadb ? ['host', 'db', 'user'] : ['host', 'user', 'db']), ...further];
}

function grants<Row extends GrantRow>(
  name: string,
  query: (facts: ServerFacts) => KeyedQuery,
  target: (row: Row, facts: ServerFacts) => Target,
) {
  return stage(name, byKey<Row>(query, ITEMS_PER_GRANT), (row, { facts }) =>
    assignments(principalOf(row, facts), privilegesIn(row.privileges), target(row, facts)),
  );
}

/** Looks up whether grants are on tables or views. */
function withKinds(source: Source<Session, RelationRow>): Source<Session, { readonly row: RelationRow; readonly kind: string }> {
  return {
    most: source.most,
    open: (session) => {
      const read = source.open(session);
      return async (token, size) => {
        const page = await read(token, size);
        const views = await viewsAmong(session, page.elements);
        return { ...page, elements: page.elements.map((row) => ({ row, kind: views.has(relationKey(row)) ? 'view' : 'table' })) };
      };
    },
  };
}

/** The permissions that can be granted. */
function permissions(): Item[] {
  return declaration.permissions.flatMap(({ name, targets, meaning }) =>
    targets.map((targetKind): Item => ({ item: 'permission', permission: name, targetKind, description: meaning })),
  );
}

function accountItems(row: Account & { readonly role: number; readonly locked: number }, facts: ServerFacts): Item[] {
  const principal = principalOf(row, facts);
  const isTarget = principal.kind === 'role' && row.user !== 'PUBLIC' && !row.user.startsWith(OWN_PREFIX);
  const items: Item[] = [{ item: 'principal', principal, enabled: principal.kind === 'user' && Number(row.locked) === 0 }];
  if (isTarget) items.push({ item: 'target', target: { kind: 'role', path: [principal.id] } });
  return items;
}

function principalOf(row: Account & { readonly role: number }, facts: ServerFacts): Principal {
  return { kind: Number(row.role) === 1 ? 'role' : 'user', id: accountId(row, facts) };
}

function assignments(principal: Principal, privileges: readonly string[], target: Target): Item[] {
  const others = privileges.filter((privilege) => privilege !== 'GRANT OPTION');
  const suffix = others.length > 0 && others.length < privileges.length ? ' WITH GRANT OPTION' : '';
  return (others.length > 0 ? others : privileges).map((privilege) => ({
    item: 'assignment',
    principal,
    permission: `${privilege}${suffix}`,
    target,
  }));
}
