import { describe, expect, it } from '@jest/globals';
import { json, table } from '../../src/cli/terminal.js';

describe('a table', () => {
  it('has aligned columns and no blanks at the ends of lines', () => {
    const text = table(
      ['NAME', 'STATE'],
      [
        ['a', 'ok'],
        ['longer', ''],
      ],
    );
    expect(text).toBe('NAME    STATE\na       ok\nlonger\n');
  });

  it('shows no control characters: a name must not move the cursor or break a line', () => {
    expect(table(['N'], [['a\n\u001b[31mb\u202ec\u0007']])).toBe('N\na··[31mb·c·\n');
  });

  it('may have more rows than a call may have arguments', () => {
    expect(table(['N'], Array<string[]>(200_000).fill(['x'])).length).toBe(400_002);
  });
});

it('JSON ends with a newline', () => {
  expect(json({ a: 1 })).toBe('{\n  "a": 1\n}\n');
});
