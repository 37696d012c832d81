import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { type Item, packItems, unpackItems } from '../src/index.js';

const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }).filter((text) => !text.includes('\0'));
const kind = fc.constantFrom('user', 'group', 'role', 'table');
const principal = fc.record({ kind, id: name });
const target = fc.record({ kind, path: fc.array(name, { minLength: 1, maxLength: 8 }) });
const item: fc.Arbitrary<Item> = fc.oneof(
  fc.record(
    { item: fc.constant('principal' as const), principal, displayName: name, enabled: fc.boolean() },
    { requiredKeys: ['item', 'principal'] },
  ),
  fc.record({ item: fc.constant('target' as const), target }),
  fc.record({ item: fc.constant('permission' as const), permission: name, targetKind: kind }),
  fc.record(
    { item: fc.constant('assignment' as const), principal, permission: name, target, through: principal, expiresAt: fc.integer() },
    { requiredKeys: ['item', 'principal', 'permission', 'target'] },
  ),
);
const pack = (text: string) => deflateRawSync(text).toString('base64');

describe('a batch', () => {
  it('holds what was put into it, in order', () => {
    fc.assert(fc.property(fc.array(item, { maxLength: 20 }), (items) => expect(unpackItems(packItems(items))).toEqual(items)));
  });

  it('may be empty', () => {
    expect(unpackItems(packItems([]))).toEqual([]);
  });

  it('is much smaller than its items', () => {
    const items = Array.from(
      { length: 10_000 },
      (_, index): Item => ({
        item: 'principal',
        principal: { kind: 'role', id: `role-${index}` },
      }),
    );
    expect(packItems(items).length).toBeLessThan(JSON.stringify(items).length / 5);
  });

  it('is refused when it inflates to more than 32 MiB', () => {
    const bomb = pack('{}\n'.repeat(12 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(100_000);
    expect(() => unpackItems(bomb)).toThrow(/larger than/);
  });

  it.each([
    ['no base64', '***'],
    ['not deflated', Buffer.from('{}').toString('base64')],
    ['no JSON', pack('text')],
    ['an item of no kind', pack('{"item":"secret"}')],
    ['an item with further keys', pack('{"item":"permission","permission":"read","targetKind":"table","admin":true}')],
    ['a name with a NUL', pack('{"item":"principal","principal":{"kind":"user","id":"a\\u0000"}}')],
    ['cut off', packItems([{ item: 'permission', permission: 'read', targetKind: 'table' }]).slice(0, 20)],
  ])('is refused when it is %s', (_, batch) => {
    expect(() => unpackItems(batch)).toThrow();
  });
});
