import { expect, it } from '@jest/globals';
import { bounded } from '../../src/integration-kit/bounded.js';

it('a report keeps its first lines, each cut, and counts the rest', () => {
  const lines = bounded(Array.from({ length: 250 }, (_, index) => `${index} ${'x'.repeat(1000)}`));
  expect(lines).toHaveLength(101);
  expect(lines[99]).toMatch(/^99 x{297}…$/);
  expect(lines.at(-1)).toBe('and 150 more');
  expect(bounded(['short'])).toEqual(['short']);
});
