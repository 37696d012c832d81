import type { Item } from '@axiom-runner/protocol';
import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import type { CollectPage } from '../integration.js';
import { DATABASES, memberships, NEXT_DATABASE, PREFER_INDEXES, RELATIONS, ROLE_FLAGS, ROLES, SCHEMAS } from './collect-queries.js';
import { type Access, type Session, withSession } from './connection.js';
import { declaration } from './declaration.js';
import { isPossibleName } from './identifiers.js';
import { serverFacts } from './server.js';

/** A page that is this full is handed over, rather than asking for the few items that are left. */
const FULL = 0.9;
/** Databases that one page may enter: keeps it short where there are thousands of empty ones. */
const MAX_DATABASES = 25;
/** Every role may be a target too. */
const ITEMS_PER_ROLE = 2;

const MAX_OID = 2 ** 32 - 1;
const oid = z.int().min(0).max(MAX_OID);

/** A cursor comes back through the control plane: nothing in it is believed but its form. */
const cursorSchema = z.strictObject({
  stage: z.enum(['roles', 'memberships', 'databases', 'schemas', 'relations']),
  /** Key of the last row. */
  after: z.tuple([oid, z.int().min(-1).max(MAX_OID)]),
  /** The database of the stages that are read inside one. */
  database: z.strictObject({ oid, name: z.string().refine(isPossibleName) }).optional(),
});
type Cursor = z.infer<typeof cursorSchema>;
const START = { after: [0, -1] } satisfies Partial<Cursor>;

/** Reads one page; a page may span stages and databases. */
export async function collect(access: Access, cursor: string | undefined, limit: number): Promise<CollectPage> {
  const page: Page = { items: cursor === undefined ? permissions() : [], warnings: [], limit };
  let next: Cursor | undefined = cursor === undefined ? { stage: 'roles', ...START } : readCursor(cursor);
  for (let entered = 0; next !== undefined && entered < MAX_DATABASES && !isFull(page); entered += 1) {
    next = await readDatabase(access, next, page);
  }
  return { items: page.items, warnings: page.warnings, ...(next !== undefined && { next: JSON.stringify(next) }) };
}

interface Page {
  readonly items: Item[];
  readonly warnings: string[];
  readonly limit: number;
}

function isFull({ items, limit }: Page): boolean {
  return items.length >= limit * FULL;
}

function readCursor(cursor: string): Cursor {
  try {
    return cursorSchema.parse(JSON.parse(cursor));
  } catch {
    throw new RunnerError('TASK_REJECTED', 'The cursor is not one of this integration.');
  }
}

/** Reads on in the cursor's database until the page is full or the database is done. */
async function readDatabase(access: Access, start: Cursor, page: Page): Promise<Cursor | undefined> {
  const { database } = start;
  let entered = false;
  try {
    return await withSession(access, database?.name, async (session) => {
      entered = true;
      await session.query(PREFER_INDEXES);
      let cursor: Cursor | undefined = start;
      while (cursor !== undefined && cursor.database?.oid === database?.oid && !isFull(page))
        cursor = await readStage(session, cursor, page);
      return cursor;
    });
  } catch (error) {
    if (entered || database === undefined || !(error instanceof RunnerError) || error.retryable) throw error;
    page.warnings.push(`database ${database.name} could not be read: ${error.message}`);
    return withSession(access, undefined, (session) => nextDatabase(session, database.oid));
  }
}

async function readStage(session: Session, cursor: Cursor, page: Page): Promise<Cursor | undefined> {
  const wanted = Math.max(1, page.limit - page.items.length);
  switch (cursor.stage) {
    case 'roles': {
      const rows = Math.ceil(wanted / ITEMS_PER_ROLE);
      return read(session, ROLES, cursor, rows, roleItems, page, { stage: 'memberships', ...START });
    }
    case 'memberships': {
      const { boundedCreateRole } = await serverFacts(session);
      return read(
        session,
        memberships(boundedCreateRole),
        { ...cursor, after: [cursor.after[0], Math.max(0, cursor.after[1])] },
        wanted,
        membershipItem,
        page,
        {
          stage: 'databases',
          ...START,
        },
      );
    }
    case 'databases':
      return (await read(session, DATABASES, cursor, wanted, aclItem, page, undefined)) ?? nextDatabase(session, 0);
    case 'schemas':
      return read(session, SCHEMAS, cursor, wanted, aclItem, page, { ...cursor, stage: 'relations', ...START });
    case 'relations':
      return (await read(session, RELATIONS, cursor, wanted, aclItem, page, undefined)) ?? nextDatabase(session, cursor.database?.oid ?? 0);
  }
}

type Row = readonly unknown[];

/** Adds the rows of one query to the page; the first two columns of each are its key. */
async function read(
  session: Session,
  sql: string,
  cursor: Cursor,
  rows: number,
  add: (row: Row, items: Item[]) => void,
  { items }: Page,
  following: Cursor | undefined,
): Promise<Cursor | undefined> {
  const found = await session.rows(sql, [...cursor.after, rows]);
  for (const row of found) add(row, items);
  const last = found.at(-1);
  if (last === undefined || found.length < rows) return following;
  return { ...cursor, after: [Number(last[0]), cursor.stage === 'roles' ? 0 : Number(last[1])] };
}

async function nextDatabase(session: Session, after: number): Promise<Cursor | undefined> {
  const [database] = await session.query<{ oid: number; name: string }>(NEXT_DATABASE, [after]);
  return database === undefined ? undefined : { stage: 'schemas', ...START, database };
}

/** The permissions that can be granted. */
function permissions(): Item[] {
  return declaration.permissions.flatMap(({ name, targets, meaning }) =>
    targets.map((targetKind): Item => ({ item: 'permission', permission: name, targetKind, description: meaning })),
  );
}

const ATTRIBUTES = ['superuser', 'createRole', 'createDatabase', 'replication', 'bypassRowSecurity'] as const;

function roleItems([, id, bits, validUntil]: Row, items: Item[]): void {
  const name = String(id);
  const flags = Number(bits);
  const has = (flag: keyof typeof ROLE_FLAGS) => (flags & ROLE_FLAGS[flag]) !== 0;
  const principal = { kind: 'role', id: name };
  const enabled = has('login');
  const names = ATTRIBUTES.filter(has);
  if (names.length === 0 && validUntil === null) items.push({ item: 'principal', principal, enabled });
  else {
    const attributes = {
      ...Object.fromEntries(names.map((attribute) => [attribute, true])),
      ...(validUntil !== null && { validUntil: String(validUntil) }),
    };
    items.push({ item: 'principal', principal, enabled, attributes });
  }
  if (has('grantable')) items.push({ item: 'target', target: { kind: 'role', path: [name] } });
}

function membershipItem([, , role, member, permission]: Row, items: Item[]): void {
  items.push({
    item: 'assignment',
    principal: { kind: 'role', id: String(member) },
    permission: String(permission),
    target: { kind: 'role', path: [String(role)] },
  });
}

function aclItem([, , kind, path, grantee, privilege]: Row, items: Item[]): void {
  const target = { kind: String(kind), path: path as string[] };
  if (privilege === null) {
    items.push({ item: 'target', target });
    return;
  }
  const principal = grantee === null ? { kind: 'public', id: 'PUBLIC' } : { kind: 'role', id: String(grantee) };
  items.push({ item: 'assignment', principal, permission: String(privilege), target });
}
