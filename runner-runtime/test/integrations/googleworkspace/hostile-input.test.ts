import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { RunnerError } from '../../../src/errors.js';
import { Organization } from './organization.js';

/** Everything that a plan may ask for. */
const ALLOWED = [
  /^POST \/token$/,
  /^GET \/admin\/directory\/v1\/(users|groups)\/[A-Za-z0-9._'+%-]+$/,
  /^GET \/admin\/directory\/v1\/groups\/[0-9a-z]+\/members\/[0-9a-z]+$/,
  /^GET \/admin\/directory\/v1\/customer\/C01ab2cd3\/orgunits\/id%3A[0-9a-z]+$/,
  /^GET \/admin\/directory\/v1\/customer\/C01ab2cd3\/roles\?maxResults=100$/,
];

const pieces = fc.constantFrom(
  '..',
  '/',
  '?',
  '#',
  '%2e%2e',
  '@example.com',
  'platform',
  '\\',
  ' ',
  "'",
  '"',
  '\u0000',
  '\n',
  'ä',
  '01',
  '1',
  '&',
  ':',
  '*',
);
const hostile = fc.oneof(
  fc.string({ minLength: 1, maxLength: 80, unit: 'binary' }),
  fc.array(pieces, { minLength: 1, maxLength: 8 }).map((parts) => parts.join('')),
);

describe('names and ids in a task for Google Workspace', () => {
  jest.setTimeout(60_000);
  let org: Organization;
  beforeAll(async () => {
    org = await Organization.start();
  });
  afterAll(() => org.stop());

  it('never lead a request out of its path, and are refused with a typed error or planned', async () => {
    const kinds = fc.constantFrom('group', 'customer', 'orgunit');
    const paths = fc.oneof(
      fc.array(hostile, { minLength: 1, maxLength: 3 }),
      hostile.map((unit) => [org.domain.customerId, unit]),
    );
    const principals = fc.record({ kind: fc.constantFrom('user', 'group'), id: hostile });
    await fc.assert(
      fc.asyncProperty(kinds, paths, fc.oneof(hostile, fc.constant('MEMBER')), principals, async (kind, path, permission, principal) => {
        org.fake.vendor.calls.length = 0;
        for (const target of [{ kind, path }, org.groupTarget]) {
          const outcome = await org.runner.plan({ target, permission, principal }).catch((error: unknown) => error);
          if (outcome instanceof Error) expect(outcome).toBeInstanceOf(RunnerError);
        }
        for (const call of org.fake.vendor.calls) expect(ALLOWED.some((pattern) => pattern.test(call)) ? '' : call).toBe('');
      }),
      { numRuns: 80 },
    );
  });

  it.each([
    'https://oauth2.googleapis.com.example.com/token',
    'https://example.com/?oauth2.googleapis.com',
    'https://oauth2.googleapis.com@example.com/token',
    'http://oauth2.googleapis.com/token',
    'https://oauth2.googleapis.com:8443/token',
    'https://storage.googleapis.com/bucket/token',
    'https://oauth2-evil.example.p.googleapis.com/token',
    'ftp://127.0.0.1/token',
    'token',
  ])('an assertion is not sent to %s', (uri) => {
    expect(org.runner.integration.secretSchema.safeParse(org.fake.secret({ token_uri: uri })).success).toBe(false);
  });

  it.each([
    'https://oauth2.googleapis.com/token',
    'https://accounts.google.com/o/oauth2/token',
    'https://oauth2-runner.p.googleapis.com/token',
  ])('an assertion may be sent to %s', (uri) => {
    expect(org.runner.integration.secretSchema.safeParse(org.fake.secret({ token_uri: uri })).success).toBe(true);
  });
});
