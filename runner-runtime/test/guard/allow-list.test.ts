import { describe, expect, it } from '@jest/globals';
import { parseAllowedEntry } from '../../src/config/allowed-entries.js';
import { allowedSystems, isAllowed } from '../../src/guard/allow-list.js';

const list = (...entries: string[]) => entries.flatMap((entry) => parseAllowedEntry(entry) ?? []);
const db = { type: 'postgresql', id: 'db.example.com' };

describe('the list of allowed systems', () => {
  it('allows everything when there is none, and nothing when it is empty', () => {
    expect(isAllowed(undefined, db, 'read')).toBe(true);
    expect(isAllowed([], db, 'read')).toBe(false);
  });

  it('allows a named system with every permission', () => {
    expect(isAllowed(list('postgresql/db.example.com'), db, 'read')).toBe(true);
    expect(isAllowed(list('postgresql/db.example.com'), db, undefined)).toBe(true);
  });

  it('allows a named permission only, and tasks without one, such as a test', () => {
    const readers = list('postgresql/db.example.com:read');
    expect(isAllowed(readers, db, 'read')).toBe(true);
    expect(isAllowed(readers, db, 'write')).toBe(false);
    expect(isAllowed(readers, db, undefined)).toBe(true);
  });

  it.each([
    ['another type', { ...db, type: 'mysql' }],
    ['another id', { ...db, id: 'db2.example.com' }],
    ['an id that only begins alike', { ...db, id: 'db.example.com:5433' }],
    ['an id of other case', { ...db, id: 'DB.example.com' }],
  ])('refuses %s', (_, system) => {
    expect(isAllowed(list('postgresql/db.example.com'), system, undefined)).toBe(false);
  });

  it('names its systems once each', () => {
    expect(allowedSystems(list('postgresql/a:read', 'postgresql/a:write', 'k8s/c/d:6443'))).toEqual([
      { type: 'postgresql', id: 'a' },
      { type: 'k8s', id: 'c/d:6443' },
    ]);
    expect(allowedSystems(undefined)).toEqual([]);
  });
});

describe('an entry of the list', () => {
  it.each([
    ['mysql/db', 'mysql/db', undefined],
    ['mysql/db:read', 'mysql/db', 'read'],
    ['mysql/db:3307', 'mysql/db:3307', undefined],
    ['mysql/db:3307:read', 'mysql/db:3307', 'read'],
    ['mysql/db:read only', 'mysql/db', 'read only'],
    ['gcp/123456789012:roles/viewer', 'gcp/123456789012', 'roles/viewer'],
    ['aws/123456789012:arn:aws:iam::aws:policy/ReadOnlyAccess', 'aws/123456789012', 'arn:aws:iam::aws:policy/ReadOnlyAccess'],
  ])('%s names a system and a permission', (text, system, permission) => {
    expect(parseAllowedEntry(text)).toEqual({ system, permission });
  });

  it.each(['', 'mysql', 'mysql/', '/db', 'mysql/:read', 'postgres/db', 'MySQL/db', 'mysql/*', 'mysql/a/../b', 'mysql/a b'])(
    '%j is none, because no task could name that system',
    (text) => {
      expect(parseAllowedEntry(text)).toBeUndefined();
    },
  );
});
