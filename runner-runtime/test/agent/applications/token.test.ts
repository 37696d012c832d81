import fc from 'fast-check';
import { isMistyped, newToken, TOKEN_PATTERN, tokenDigest } from '../../../src/agent/applications/token.js';

describe('a token', () => {
  it('has the documented form, a checksum that holds, and is another each time', () => {
    const tokens = Array.from({ length: 100 }, newToken);
    for (const token of tokens) {
      expect(token).toMatch(new RegExp(TOKEN_PATTERN));
      expect(isMistyped(token)).toBe(false);
    }
    expect(new Set(tokens).size).toBe(100);
  });

  it('is told from one with a slip in any of its characters, and from a part of it', () => {
    fc.assert(
      fc.property(fc.nat({ max: 52 }), fc.constantFrom(...'AZaz09-_'), (at, other) => {
        const token = newToken();
        const slip = token.slice(0, at) + other + token.slice(at + 1);
        // A slip in its beginning makes it somebody else's kind of token.
        expect(isMistyped(slip)).toBe(slip !== token && at >= 4);
        expect(isMistyped(token.slice(0, at))).toBe(at >= 4);
      }),
    );
  });

  it('that somebody else made is not judged', () => {
    expect(isMistyped('correct-horse-battery-staple')).toBe(false);
  });

  it('is stored as what "sha256sum" prints', () => {
    expect(tokenDigest('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});
