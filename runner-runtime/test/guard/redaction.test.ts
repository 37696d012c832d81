import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Redactor } from '../../src/guard/redaction.js';

const CANARY = 'canary "p@ss/word"\n1';

function holding(...values: string[]): Redactor {
  const redactor = new Redactor();
  redactor.hold(values);
  return redactor;
}

describe('redaction', () => {
  it('cuts a held value out of a text, each time it stands there', () => {
    expect(holding('canary-1').redact('a canary-1 and canary-1.')).toBe('a [redacted] and [redacted].');
  });

  it.each([
    ['plain', CANARY],
    ['inside JSON', JSON.stringify({ password: CANARY })],
    ['inside a URL', `https://user:${encodeURIComponent(CANARY)}@host/`],
  ])('finds a value %s', (_, text) => {
    const clean = holding(CANARY).redact(text);
    expect(clean).toContain('[redacted]');
    expect(clean).not.toContain('canary');
  });

  it('leaves JSON well-formed', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 4 }), (value) => {
        const clean = holding(value).redact(JSON.stringify({ fact: `x ${value} y` }));
        expect(() => JSON.parse(clean)).not.toThrow();
      }),
      { examples: [['a"b\\c'], ['\u2028\ud800abc']] },
    );
  });

  it('finds a private key whose literal newlines were mended', () => {
    const redactor = holding('-----BEGIN KEY-----\\ncanary\\n-----END KEY-----');
    expect(redactor.redact('key: -----BEGIN KEY-----\ncanary\n-----END KEY-----')).toBe('key: [redacted]');
    expect(redactor.redact(JSON.stringify('-----BEGIN KEY-----\ncanary\n-----END KEY-----'))).toBe('"[redacted]"');
  });

  it('leaves nothing of a value that another one is a part of, in whatever order they came', () => {
    expect(holding('canary', 'canary-long').redact('canary-long canary')).toBe('[redacted] [redacted]');
    expect(holding('canary-long', 'canary').redact('canary-long canary')).toBe('[redacted] [redacted]');
  });

  it('lets values of less than four characters stand: they would tear holes into every line', () => {
    expect(holding('abc', '').redact('abcabc')).toBe('abcabc');
  });

  it('holds a value with half of a surrogate pair', () => {
    expect(holding('canary\ud800').redact('x canary\ud800 y')).toBe('x [redacted] y');
  });

  it('forgets a value when its last holder lets go', () => {
    const redactor = new Redactor();
    const releaseOne = redactor.hold(['canary']);
    const releaseOther = redactor.hold(['canary', 'other-value']);
    releaseOther();
    expect(redactor.redact('canary other-value')).toBe('[redacted] other-value');
    releaseOne();
    expect(redactor.redact('canary')).toBe('canary');
  });

  it('can be passed on without its object', () => {
    const { redact } = holding('canary');
    expect(redact('canary')).toBe('[redacted]');
  });
});
