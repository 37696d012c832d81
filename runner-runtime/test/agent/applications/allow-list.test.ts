import fc from 'fast-check';
import { allowList } from '../../../src/agent/applications/allow-list.js';

const segment = fc.stringMatching(/^[a-c]{1,2}$/);
const id = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join('/'));
const pattern = fc.oneof(
  { weight: 4, arbitrary: id },
  { weight: 4, arbitrary: id.map((prefix) => `${prefix}/*`) },
  { weight: 1, arbitrary: fc.constant('*') },
);

describe('what an application may have', () => {
  it.each([
    ['its id', ['db-production'], 'db-production', true],
    ['nothing that begins like it', ['db-production'], 'db-production-2', false],
    ['nothing below it', ['prod'], 'prod/db', false],
    ['all below a prefix', ['prod/*'], 'prod/db', true],
    ['all far below a prefix', ['prod/*'], 'prod/eu/db', true],
    ['not the prefix itself', ['prod/*'], 'prod', false],
    ['not what begins like the prefix', ['prod/*'], 'production/db', false],
    ['all', ['*'], 'any/thing', true],
    ['nothing where the list is empty', [], 'db', false],
    ['no star by its name', ['prod/*'], '*', false],
    ['nothing that stands in a prototype', ['a'], 'constructor', false],
  ])('is %s', (_, patterns, wanted, allowed) => {
    expect(allowList(patterns)(wanted)).toBe(allowed);
  });

  it('is what its patterns say one by one, for any patterns and any id', () => {
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 6 }), id, (patterns, wanted) => {
        const plainly = patterns.some(
          (one) => one === '*' || one === wanted || (one.endsWith('/*') && wanted.startsWith(one.slice(0, -1))),
        );
        expect(allowList(patterns)(wanted)).toBe(plainly);
      }),
      { numRuns: 2_000 },
    );
  });
});
