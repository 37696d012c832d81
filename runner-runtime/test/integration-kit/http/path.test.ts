import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { path } from '../../../src/integration-kit/http/path.js';

const refused = expect.objectContaining({ code: 'TASK_REJECTED' });

describe('a path with variable parts', () => {
  it('keeps each part one segment', () => {
    expect(path`/groups/${'a b'}/users/${'ü/../%2f?x=1#y;z'}`).toBe('/groups/a%20b/users/%C3%BC%2F..%2F%252f%3Fx%3D1%23y%3Bz');
    expect(path`/a/${"it's (a) *!"}`).toBe('/a/it%27s%20%28a%29%20%2A%21');
  });

  it('refuses what URLs read as another place, and what no vendor takes', () => {
    for (const part of ['', '.', '..', 'a\nb', 'a\0', '\u007f', '\ud800', 'x'.repeat(2049)]) {
      expect(() => path`/groups/${part}`).toThrow(refused);
    }
  });

  it('never leads anywhere else, whatever the parts', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '..',
        '../x',
        '%2e%2e',
        '%2e%2e%2f',
        '..%2f',
        './',
        '//example.com',
        '\\..\\',
        ';',
        '?',
        '#',
        '@',
        ':',
        "'",
        '"',
        '%',
        '%zz',
      ),
    );
    fc.assert(
      fc.property(hostile, hostile, (one, other) => {
        let made: string;
        try {
          made = path`/api/v1/groups/${one}/users/${other}`;
        } catch {
          return;
        }
        const url = new URL(`https://api.example.com${made}`);
        expect(url.host).toBe('api.example.com');
        expect(url.search + url.hash).toBe('');
        expect(url.pathname).toBe(made);
        const [, , , , first, , second, ...rest] = url.pathname.split('/');
        expect(rest).toEqual([]);
        expect([first, second].map((part) => decodeURIComponent(part ?? ''))).toEqual([one, other]);
      }),
      { numRuns: 2000, seed: 11 },
    );
  });
});
