import { describe, expect, it } from '@jest/globals';
import {
  asPattern,
  databaseOfPattern,
  isPossibleAccountName,
  isPossibleName,
  literal,
  matchesPattern,
  quoted,
} from '../../../src/integrations/mysql/identifiers.js';
import { HOSTILE_NAMES } from './hostile-names.js';

describe('names as SQL', () => {
  it('are quoted part by part', () => {
    expect(quoted('app', 'a`b.c')).toBe('`app`.`a``b.c`');
    expect(literal("it's \\")).toBe("'it\\'s \\\\'");
  });

  it('are refused where the server knows none such', () => {
    for (const name of ['', 'nul\0', '🔑', 'x'.repeat(65), 'trailing ']) expect(isPossibleName(name)).toBe(false);
    for (const name of HOSTILE_NAMES) expect(isPossibleName(name)).toBe(true);
    expect(isPossibleAccountName('x'.repeat(129))).toBe(false);
  });
});

describe('patterns of databases', () => {
  it('mean the one database that they were made of', () => {
    for (const name of HOSTILE_NAMES) {
      const pattern = asPattern(name, false) ?? '';
      expect(databaseOfPattern(pattern, false)).toBe(name);
      expect(matchesPattern(pattern, name, false)).toBe(true);
      for (const other of HOSTILE_NAMES) expect(matchesPattern(pattern, other, false)).toBe(other === name);
    }
  });

  it('are not made where the catalogue would cut them', () => {
    expect(asPattern('_'.repeat(32), false)).toHaveLength(64);
    expect(asPattern('_'.repeat(33), false)).toBeUndefined();
    expect(asPattern('_'.repeat(64), true)).toBe('_'.repeat(64));
  });

  it.each([
    ['a_b', 'axb', true],
    ['a\\_b', 'axb', false],
    ['a\\_b', 'a_b', true],
    ['a\\\\_b', 'a\\xb', true],
    ['%', 'anything', true],
    ['a%c%', 'abcd', true],
    ['a%c', 'abcd', false],
    ['a.b', 'axb', false],
    ['é_', 'éa', true],
    ['ab', 'abc', false],
  ])('%s opens %s: %s', (pattern, database, opens) => {
    expect(matchesPattern(pattern, database, false)).toBe(opens);
    expect(matchesPattern(pattern, database, true)).toBe(pattern === database);
  });

  it('of several databases are told from those of one', () => {
    for (const pattern of ['a_b', '%', 'a\\\\_b']) expect(databaseOfPattern(pattern, false)).toBeUndefined();
    expect(databaseOfPattern('a\\\\\\_b', false)).toBe('a\\_b');
  });

  it('take no time, however hostile', () => {
    expect(matchesPattern(`${'%a'.repeat(31)}b`, 'a'.repeat(64), false)).toBe(false);
  });
});
