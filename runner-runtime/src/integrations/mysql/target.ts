import type { Target } from '@axiom-runner/protocol';
import { RunnerError } from '../../errors.js';
import { isLevel, LEVELS, MEMBER } from '../../integration-kit/database/vocabulary.js';
import type { AccessRequest } from '../integration.js';
import type { Session } from './connection.js';
import { declaration } from './declaration.js';
import { asPattern, isPossibleName, quoted } from './identifiers.js';
import { type DataKind, isSystemDatabase } from './privileges.js';
import type { ServerFacts } from './server.js';

/** The path of the whole server. */
export const WHOLE_SERVER = '*';

/** A target that holds data, taken apart. */
export interface DataTarget {
  readonly kind: DataKind;
  /** Absent for the whole server. */
  readonly database?: string;
  /** A table or view. */
  readonly relation?: string;
}

/** @throws {RunnerError} where target, permission and principal can't go together, whatever the server holds */
export function requireWish({ target, permission, principal }: Omit<AccessRequest, 'requestId'>): void {
  requireShape(target);
  if (target.kind === 'role' ? permission !== MEMBER : !isLevel(permission)) {
    const known = target.kind === 'role' ? MEMBER : LEVELS.join(', ');
    throw new RunnerError('PERMISSION_NOT_FOUND', `A ${target.kind} has these permissions: ${known}.`, { object: permission });
  }
  if (principal === undefined) return;
  if (!declaration.principals.some(({ kind }) => kind === principal.kind)) {
    throw new RunnerError('UNSUPPORTED', 'An existing principal of MySQL is of the kind "user" or "role".', { object: principal.kind });
  }
  if (target.kind === 'server') {
    throw new RunnerError('UNSUPPORTED', "Privileges on the whole server open the server's own catalogue of accounts too.", {
      object: principal.id,
      mend: 'Ask for each database, or for a temporary user, which gets privileges on each of them.',
    });
  }
}

function requireShape({ kind, path }: Target): void {
  const declared = declaration.targets.find((entry) => entry.kind === kind);
  if (declared === undefined) {
    const kinds = declaration.targets.map((entry) => entry.kind).join(', ');
    throw new RunnerError('UNSUPPORTED', `MySQL has no targets of this kind: ${kinds}.`, { object: kind });
  }
  const possible = kind === 'role' || (kind === 'server' ? path[0] === WHOLE_SERVER : path.every(isPossibleName));
  if (path.length !== declared.path.length || !possible) {
    const elements = kind === 'server' ? WHOLE_SERVER : declared.path.join(', ');
    throw new RunnerError('TARGET_NOT_FOUND', `The path of a ${kind} has these elements: ${elements}.`, { object: path.join('.') });
  }
}

/** The target of a level, from a path of the right shape. */
export function dataTarget({ kind, path: [database, relation] }: Target): DataTarget {
  return {
    kind: kind as DataKind,
    ...(kind !== 'server' && database !== undefined && { database }),
    ...(relation !== undefined && { relation }),
  };
}

/** @throws {RunnerError} `TARGET_NOT_FOUND`, or `UNSUPPORTED` for the server's own databases */
export async function requireTarget(session: Session, { kind, database, relation }: DataTarget): Promise<void> {
  if (database === undefined) return;
  if (isSystemDatabase(database)) {
    throw new RunnerError('UNSUPPORTED', "Access to the server's own databases is not given.", { object: database });
  }
  const schemas = await session.query<{ name: string }>(
    'SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?',
    [database],
  );
  if (!schemas.some(({ name }) => name === database)) {
    throw new RunnerError('TARGET_NOT_FOUND', "The database does not exist, or the runner's user has no right on it.", {
      object: database,
    });
  }
  if (relation === undefined) return;
  const relations = await session.query<{ name: string; type: string }>(
    'SELECT TABLE_NAME AS name, TABLE_TYPE AS type FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?',
    [database, relation],
  );
  if (!relations.some(({ name, type }) => name === relation && isRelationOf(kind, type))) {
    throw new RunnerError('TARGET_NOT_FOUND', `The database has no ${kind} of this name.`, { object: `${database}.${relation}` });
  }
}

/** Tables with system versioning are tables, too. */
export function isRelationOf(kind: string, type: string): boolean {
  return kind === 'view' ? type === 'VIEW' : ['BASE TABLE', 'SYSTEM VERSIONED'].includes(type);
}

/** The databases that hold data of users, by name. */
export async function userDatabases(session: Session): Promise<string[]> {
  const rows = await session.query<{ name: string }>('SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA');
  return rows
    .map(({ name }) => name)
    .filter((name) => !isSystemDatabase(name))
    .sort();
}

/**
 * A database, table or view as grants name it.
 * @throws {RunnerError} `UNSUPPORTED` for a name that no grant can have
 */
export function sqlObject({ partialRevokes }: ServerFacts, database: string, relation: string | undefined): string {
  if (relation !== undefined) return quoted(database, relation);
  const pattern = asPattern(database, partialRevokes);
  if (pattern !== undefined) return `${quoted(pattern)}.*`;
  throw new RunnerError('UNSUPPORTED', 'With its wildcards escaped the name of the database is longer than a grant can have it.', {
    object: database,
    mend: 'Ask for its tables and views.',
  });
}
