import type { Target } from '@axiom-runner/protocol';
import { RunnerError } from '../../errors.js';
import type { Level } from '../../integration-kit/database/vocabulary.js';
import type { Session } from './connection.js';
import { declaration } from './declaration.js';
import { isPossibleName } from './identifiers.js';
import { type Privileges, privilegesOf, type TargetKindName } from './privileges.js';

/** A target that holds data, taken apart. */
export interface DataTarget {
  readonly kind: TargetKindName;
  readonly database: string;
  readonly schema: string | null;
  /** A table or view. */
  readonly relation: string | null;
}

const RELATION_KINDS: Readonly<Record<string, string>> = { table: 'rpf', view: 'vm' };

/** @throws {RunnerError} where the path can't be one of the kind */
export function requireShape({ kind, path }: Target): void {
  const declared = declaration.targets.find((entry) => entry.kind === kind);
  if (declared === undefined)
    throw new RunnerError('UNSUPPORTED', `PostgreSQL has no targets of this kind: ${declaredKinds()}.`, { object: kind });
  if (path.length !== declared.path.length || !path.every(isPossibleName)) {
    throw new RunnerError('TARGET_NOT_FOUND', `The path of a ${kind} has these elements: ${declared.path.join(', ')}.`, {
      object: path.join('.'),
    });
  }
}

function declaredKinds(): string {
  return declaration.targets.map(({ kind }) => kind).join(', ');
}

/** The target of a level, from a path of the right shape. */
export function dataTarget({ kind, path }: Target): DataTarget {
  const [database = '', schema = null, relation = null] = path;
  return { kind: kind as TargetKindName, database, schema, relation };
}

/** @throws {RunnerError} `TARGET_NOT_FOUND`, or `UNSUPPORTED` for the server's own schemas */
export async function requireTarget(session: Session, target: DataTarget): Promise<void> {
  const { kind, schema, relation } = target;
  if (schema === null) return;
  if (/^pg_|^information_schema$/.test(schema)) {
    throw new RunnerError('UNSUPPORTED', "Access to the server's own schemas is not given.", { object: schema });
  }
  const [found] = await session.query<{ schema: boolean; relation: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1::text) AS schema,
            EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                     WHERE n.nspname = $1::text AND c.relname = $2::text AND strpos($3, c.relkind::text) > 0) AS relation`,
    [schema, relation, RELATION_KINDS[kind] ?? ''],
  );
  if (!found?.schema) throw new RunnerError('TARGET_NOT_FOUND', 'The schema does not exist.', { object: schema });
  if (relation !== null && !found.relation) {
    throw new RunnerError('TARGET_NOT_FOUND', `The schema has no ${kind} of this name.`, { object: `${schema}.${relation}` });
  }
}

/** What a level means on a target. */
export function wantedPrivileges(level: Level, target: DataTarget): Privileges {
  return privilegesOf(level, target.kind);
}
