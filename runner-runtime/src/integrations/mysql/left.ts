import type { Session } from './connection.js';
import { quoted } from './identifiers.js';

/** Code that names an account as its definer. */
export interface Left {
  /** `PROCEDURE`, `VIEW`, `TRIGGER` … */
  readonly type: string;
  readonly name: string;
  /** The table of a trigger. */
  readonly table: string | null;
  /** Whether it runs with the rights of whoever calls it, so that it works without its definer as well. */
  readonly invoker: boolean;
}

/** What an account has left behind, as far as the runner's user may see it; tables have no owner. @param definer `name@host` */
export async function leftBy(session: Session, definer: string): Promise<Left[]> {
  const rows = await session.query<{ type: string; db: string; name: string; onTable: string | null; security: string }>(
    `SELECT ROUTINE_TYPE AS type, ROUTINE_SCHEMA AS db, ROUTINE_NAME AS name, NULL AS onTable, SECURITY_TYPE AS security
       FROM information_schema.ROUTINES WHERE DEFINER = ?
     UNION ALL SELECT 'VIEW', TABLE_SCHEMA, TABLE_NAME, NULL, SECURITY_TYPE FROM information_schema.VIEWS WHERE DEFINER = ?
     UNION ALL SELECT 'TRIGGER', TRIGGER_SCHEMA, TRIGGER_NAME, EVENT_OBJECT_TABLE, 'DEFINER' FROM information_schema.TRIGGERS WHERE DEFINER = ?
     UNION ALL SELECT 'EVENT', EVENT_SCHEMA, EVENT_NAME, NULL, 'DEFINER' FROM information_schema.EVENTS WHERE DEFINER = ?`,
    [definer, definer, definer, definer],
  );
  return rows
    .map(({ type, db, name, onTable, security }) => ({
      type,
      name: quoted(db, name),
      table: onTable === null ? null : quoted(db, onTable),
      invoker: security === 'INVOKER',
    }))
    .sort((one, other) => Number(other.invoker) - Number(one.invoker) || (one.name < other.name ? -1 : 1));
}

/** What a person should know of it. */
export function describeLeft({ type, name, table, invoker }: Left): string {
  const what = `${type.toLowerCase()} ${name} was made by the removed user`;
  if (invoker) return `${what} and runs with the rights of whoever calls it: review it`;
  if (table !== null) return `${what}, and every write to ${table} fails until it is dropped or made again: review it`;
  return `${what} and does not work any more: review it, then make it again or drop it`;
}
