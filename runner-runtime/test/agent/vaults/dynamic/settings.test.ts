import { describe, expect, it } from '@jest/globals';
import type { DynamicSecretSettings } from '../../../../src/agent/config/agent-settings.js';
import { dynamicSecrets } from '../../../../src/agent/vaults/dynamic/dynamic-secret.js';
import { SettingsError } from '../../../../src/config/settings.js';
import { HOUR, ORDERS } from './bench.js';

const read = (changes: Partial<DynamicSecretSettings> = {}, hasLedger = true) =>
  dynamicSecrets({ db: { dynamic: { ...ORDERS, ...changes } }, static: {} }, hasLedger);

async function faults(changes: Partial<DynamicSecretSettings>, hasLedger?: boolean) {
  const error = await read(changes, hasLedger).catch((thrown: unknown) => thrown);
  if (error instanceof SettingsError) return error.faults;
  throw new Error('the settings were taken');
}
const path = (kind: string, ...names: string[]) => ({ target: { kind, path: names } });

describe('settings of dynamic secrets', () => {
  it('are taken where the integration gives what they ask for', async () => {
    expect([...(await read())]).toEqual([
      [
        'db',
        {
          id: 'db',
          system: { type: 'postgresql', id: 'db.example.com' },
          ...path('table', 'app', 'sales', 'orders'),
          permission: 'Read',
          leaseSeconds: HOUR,
        },
      ],
    ]);
    expect((await read({ system: 'mysql/db.example.com', ...path('database', 'app'), permission: 'Read & Write' })).size).toBe(1);
    expect((await read({ ...path('role', 'analysts'), permission: 'Member' })).size).toBe(1);
  });

  it.each<[string, Partial<DynamicSecretSettings>, string, string]>([
    ['a kind of system that there is not', { system: 'oracle/db' }, 'system', 'postgresql/<id>, mysql/<id>, mongodbatlas/<id>'],
    ['a name of every object', { system: 'constructor/db' }, 'system', 'postgresql/<id>'],
    ['a credential without a password', { system: 'aws/123456789012' }, 'system', 'postgresql/<id>'],
    ['an integration that dispenses nothing', { system: 'okta/acme' }, 'system', 'postgresql/<id>'],
    ['a way out of the names of secrets', { system: 'postgresql/../state-key' }, 'system', 'integration secret'],
    ['a system without an id', { system: 'postgresql/' }, 'system', 'integration secret'],
    ['a permission that there is not', { permission: 'Root' }, 'permission', 'Read, Read & Write, Admin, Member'],
    [
      'a permission that is for people',
      { system: 'mongodbatlas/acme', permission: 'GROUP_OWNER' },
      'permission',
      'Read, Read & Write, Admin',
    ],
    ['a permission on a kind of target that has others', { permission: 'Member' }, 'target.kind', 'role'],
    ['a kind of target that there is not', path('planet', 'earth'), 'target.kind', 'database, schema, table, view'],
    ['a path that is too short', path('table', 'app', 'orders'), 'target.path', '[database, schema, table]'],
    ['a path that is too long', path('database', 'app', 'sales'), 'target.path', '[database]'],
    ['a name with NUL', path('database', 'app\0'), 'target.path', '[database]'],
    ['half a character', path('database', 'app\ud800'), 'target.path', '[database]'],
    ['an empty name', path('database', ''), 'target.path', '[database]'],
    ['a lease that is too short', { lease: 59 }, 'lease', '1m to 30d'],
    ['a lease that is too long', { lease: 30 * 86_400 + 1 }, 'lease', '1m to 30d'],
  ])('are refused for %s, with what is allowed', async (_, changes, place, allowed) => {
    const [fault, ...others] = await faults(changes);
    expect(others).toEqual([]);
    expect(fault?.variable).toBe(`secrets.db.dynamic.${place}`);
    expect(fault?.mend).toContain(allowed);
  });

  it('name a missing ledger, where the system needs one', async () => {
    const [fault] = await faults({ system: 'mysql/db.example.com', ...path('database', 'app') }, false);
    expect(fault).toMatchObject({ variable: 'secrets.db.dynamic.system', mend: expect.stringContaining('dynamic.ledger_table') });
    expect((await read({}, false)).size).toBe(1);
  });

  it('name all faults at once, and quote little of what was found', async () => {
    const found = await faults({ system: `oracle/${'x'.repeat(5_000)}\u001b[2J`, lease: 1 });
    expect(found.map(({ variable }) => variable)).toEqual(['secrets.db.dynamic.system', 'secrets.db.dynamic.lease']);
    expect(found[0]?.found.length).toBeLessThan(150);
    const [control] = await faults({ permission: '\u001b[2J\nfaked line' });
    expect(control?.found).toBe('is "\\u001b[2J\\nfaked line"');
  });
});
