import type { MarkedObject } from '../integration.js';
import { type Access, withSession } from './connection.js';

/** Every role whose comment has the form of a mark. */
export async function listMarked(access: Access): Promise<MarkedObject[]> {
  return withSession(access, undefined, (session) =>
    session.query<MarkedObject>(
      `SELECT r.rolname::text AS object, d.description AS mark
         FROM pg_shdescription d JOIN pg_roles r ON r.oid = d.objoid
        WHERE d.classoid = 'pg_authid'::regclass AND r.rolname ~ '^axm_' AND d.description ~ '^(active|revoked)[.]' ORDER BY r.rolname`,
    ),
  );
}
