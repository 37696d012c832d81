import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { StateKey } from '../../src/guard/state-key.js';

const CURRENT = 'canary-current-key-0123456789abcdef';
const OLD = 'canary-old-key-0123456789abcdefghij';
const key = new StateKey(CURRENT);

describe('a sealed document', () => {
  it('is opened as it was sealed, whatever it holds', () => {
    fc.assert(
      fc.property(fc.constantFrom('intent', 'ticket', 'active', 'revoked'), fc.jsonValue(), (type, document) => {
        const plain: unknown = JSON.parse(JSON.stringify(document));
        expect(key.open(key.seal(type, document))).toEqual({ type, document: plain });
      }),
    );
  });

  it('is not opened when one character anywhere is another', () => {
    const sealed = key.seal('intent', { requestId: 'request-1', expiresAt: 1_750_000_000 });
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, character) => {
        fc.pre(sealed[at] !== character);
        expect(key.open(sealed.slice(0, at) + character + sealed.slice(at + 1))).toBeUndefined();
      }),
      { numRuns: 1000 },
    );
  });

  it('is not opened when it was cut or lengthened', () => {
    const sealed = key.seal('intent', { a: 1 });
    for (let length = 0; length < sealed.length; length += 1) expect(key.open(sealed.slice(0, length))).toBeUndefined();
    for (const tail of ['.', '=', ' ', '\n', '.x', 'A']) expect(key.open(sealed + tail)).toBeUndefined();
  });

  it('cannot stand in for one of another type', () => {
    const sealed = key.seal('revoked', { a: 1 });
    expect(key.open(sealed.replace(/^revoked/, 'active'))).toBeUndefined();
    expect(key.open(sealed.replace(/^revoked/, 'constructor'))).toBeUndefined();
  });

  it('is not opened by another key', () => {
    expect(new StateKey(OLD).open(key.seal('intent', {}))).toBeUndefined();
  });

  it('cannot claim to be of another key', () => {
    const [, otherId] = new StateKey(OLD).seal('intent', {}).split('.');
    const parts = key.seal('intent', {}).split('.');
    const both = new StateKey(CURRENT, [OLD]);
    expect(both.open([parts[0], otherId, parts[2], parts[3]].join('.'))).toBeUndefined();
  });

  it.each(['', '.', '...', '....', 'intent', 'intent.x.y.z', 'text without dots', '%%%.$$$.###.@@@', 'a'.repeat(100_000), '\0.\0.\0.\0'])(
    'is none when it is %j',
    (text) => {
      expect(key.open(text)).toBeUndefined();
    },
  );

  it('stands in a URL, a comment or a tag as it is, and shows no key', () => {
    const sealed = key.seal('active', { name: 'O\'Brien "x" \n 名前' });
    expect(sealed).toMatch(/^active\.[0-9a-f]{8}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}$/);
    expect(sealed).not.toContain('canary');
  });
});

describe('a rotated state key', () => {
  const rotated = new StateKey(CURRENT, [OLD]);

  it('opens what the previous key sealed', () => {
    expect(rotated.open(new StateKey(OLD).seal('active', { a: 1 }))).toEqual({ type: 'active', document: { a: 1 } });
  });

  it('seals with the current key only', () => {
    expect(key.open(rotated.seal('active', { a: 1 }))).toBeDefined();
    expect(new StateKey(OLD).open(rotated.seal('active', { a: 1 }))).toBeUndefined();
  });

  it('names with the current key', () => {
    expect(rotated.name('a')).toBe(key.name('a'));
  });
});

describe('a name', () => {
  it('is the same for the same parts', () => {
    expect(key.name('request', 'request-1')).toBe(new StateKey(CURRENT).name('request', 'request-1'));
  });

  it('is another for other parts, also when they would join to the same text', () => {
    const names = [key.name('a', 'b'), key.name('ab'), key.name('a,b'), key.name('a', 'b', ''), key.name('b', 'a'), key.name('a","b')];
    expect(new Set(names).size).toBe(names.length);
  });

  it('cannot be foretold without the key', () => {
    expect(new StateKey(OLD).name('request-1')).not.toBe(key.name('request-1'));
  });

  it('fits every system: small letters and digits, 28 characters', () => {
    fc.assert(fc.property(fc.array(fc.string()), (parts) => expect(key.name(...parts)).toMatch(/^axm_[a-z2-7]{24}$/)));
  });
});
