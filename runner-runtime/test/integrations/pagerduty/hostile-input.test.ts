import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { RunnerError } from '../../../src/errors.js';
import { type Bench, startBench } from './bench.js';
import { teamTarget } from './company.js';

/** Everything that a plan may ask for. */
const ALLOWED = [
  /^GET \/users\/me$/,
  /^GET \/(users|teams|schedules)\/[A-Z0-9]{5,32}$/,
  /^GET \/users\/[A-Z0-9]{5,32}\/license$/,
  /^GET \/users\?query=[^&/?#]+&limit=100&offset=0$/,
];

const pieces = fc.constantFrom(
  '..',
  '/',
  '?',
  '#',
  '%2e%2e',
  '@example.com',
  'PXPGF42',
  '\\',
  ' ',
  '"',
  '\u0000',
  '\n',
  'ä',
  'me',
  '&',
  ':',
  '*',
);
const hostile = fc.oneof(
  fc.string({ minLength: 1, maxLength: 80, unit: 'binary' }),
  fc.array(pieces, { minLength: 1, maxLength: 8 }).map((parts) => parts.join('')),
);

describe('names and ids in a task for PagerDuty', () => {
  jest.setTimeout(60_000);
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench();
  });
  afterAll(() => bench.stop());

  it('never lead a request out of its path, and are refused with a typed error', async () => {
    const team = teamTarget(bench.company.account.addTeam('Platform'));
    const user = { kind: 'user', id: bench.company.newUser().id };
    const kinds = fc.constantFrom('account', 'team', 'schedule', 'escalation-policy');
    const paths = fc.array(hostile, { minLength: 1, maxLength: 2 });
    const permissions = fc.oneof(hostile, fc.constantFrom('Observer', 'On call'));
    await fc.assert(
      fc.asyncProperty(kinds, paths, permissions, hostile, async (kind, path, permission, id) => {
        bench.company.fake.vendor.calls.length = 0;
        for (const wish of [
          { target: { kind, path }, permission, principal: user },
          { target: team, permission: 'Observer', principal: { kind: 'user', id } },
        ]) {
          expect(await bench.runner.plan(wish).catch((error: unknown) => error)).toBeInstanceOf(RunnerError);
        }
        for (const call of bench.company.fake.vendor.calls) expect(ALLOWED.some((pattern) => pattern.test(call)) ? '' : call).toBe('');
      }),
      { numRuns: 150 },
    );
  });
});
