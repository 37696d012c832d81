import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { RunnerError } from '../../src/errors.js';
import type { Declaration } from '../../src/integrations/declaration.js';
import type { RunningSystem } from './contract/contract.js';
import { RunnerHarness } from './runner-harness.js';
import { SYSTEMS } from './systems.js';

/** What protocols allow in a name, and vendors, URLs, queries and shells give a meaning of their own. */
const HOSTILE = [
  '..',
  '../../admin',
  '%2e%2e%2fadmin',
  '..%2f..%2fadmin',
  'a/b',
  'a%2fb',
  '/',
  '//example.com/x',
  'https://example.com/',
  '?limit=1',
  '#x',
  'a?b#c',
  'a;b',
  "a' or '1'='1",
  'a" or "1"="1',
  '`a`',
  '\\',
  '*',
  '_',
  '%',
  '@',
  '$filter=x',
  'ü',
  '\u202ex',
  '😀',
  'a\nb',
  'a\r\nx-injected: 1',
  '0',
  '-1',
  '9'.repeat(40),
  'x'.repeat(1024),
];
const LONGEST_TEXT = 1024;
/** Legal names that the judge of recorded requests takes for slips of whoever built them. */
const LIKE_SLIPS = /[{}]|^:[a-z]|undefined|null|NaN|^\s*$/i;
const hostile = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc
    .string({ minLength: 1, maxLength: 40, unit: 'grapheme' })
    .filter((text) => !text.includes('\0') && !/\p{Surrogate}/u.test(text) && text.length <= LONGEST_TEXT && !LIKE_SLIPS.test(text)),
);
const RUNS = 100;

/** Wishes of the declared kinds, of which parts are hostile and the rest are as they should be. */
function wishes({ targets, permissions, principals }: Declaration, { wish }: RunningSystem<unknown>) {
  const part = (good: string | undefined) => (good === undefined ? hostile : fc.oneof(fc.constant(good), hostile));
  const target = fc.constantFrom(...targets).chain(({ kind, path }) =>
    fc.record({
      kind: fc.constant(kind),
      path: fc.tuple(...path.map((_, index) => part(wish.target.path[index]))),
    }),
  );
  const permission = fc.oneof(fc.constantFrom(...permissions.map(({ name }) => name)), fc.constant(wish.permission), hostile);
  const principal = fc.option(fc.record({ kind: fc.constantFrom(...principals.map(({ kind }) => kind)), id: hostile }), { nil: undefined });
  return fc.record({ target, permission, principal });
}

describe.each(SYSTEMS)('hostile requests to $type', ({ load }) => {
  jest.setTimeout(120_000);
  let running: RunningSystem<unknown>;
  let runner: RunnerHarness<unknown, unknown>;
  beforeAll(async () => {
    const { integration, start } = await load();
    running = await start();
    runner = new RunnerHarness(integration, running.system, running.secret);
  });
  afterAll(async () => {
    await running?.stop();
    await runner?.stop();
  });

  // What leaves the runner here is recorded and judged with everything else: a request that the vendor would refuse fails the tests.
  it('are planned or refused with a typed error, and change nothing', async () => {
    const before = await running.leftovers();
    await fc.assert(
      fc.asyncProperty(wishes(runner.integration.declaration, running), async (wish) => {
        const outcome = await runner.plan(wish).then(
          () => 'planned',
          (error: unknown) => error,
        );
        if (outcome === 'planned') return;
        expect(outcome).toBeInstanceOf(RunnerError);
        expect((outcome as RunnerError).code).toMatch(
          /^(TARGET_NOT_FOUND|PRINCIPAL_NOT_FOUND|PERMISSION_NOT_FOUND|UNSUPPORTED|TASK_REJECTED|TARGET_PERMISSION_DENIED|CONFLICT)$/,
        );
      }),
      { numRuns: RUNS, seed: 5 },
    );
    expect(await running.leftovers()).toEqual(before);
  });

  it('to go on with a collection at a cursor of their own are refused, or answered with a page', async () => {
    const cursor = fc.oneof(
      hostile,
      fc.record({ stage: hostile, size: fc.integer(), token: hostile }).map((parts) => JSON.stringify(parts)),
      fc.json(),
    );
    await fc.assert(
      fc.asyncProperty(cursor, async (text) => {
        const outcome = await runner.collect(text, 10).catch((error: unknown) => error);
        if (outcome instanceof RunnerError) expect(outcome.code).not.toBe('INTERNAL');
        else expect(outcome).toMatchObject({ items: expect.any(Array) });
      }),
      { numRuns: RUNS, seed: 5 },
    );
  });
});
