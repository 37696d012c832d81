import { isPassing, type Result, resultSchema } from '../src/index.js';
import { NOW, SYSTEM } from './builders.js';

const header = {
  schemaVersion: 1 as const,
  resultId: 'request-1/run-1/0',
  requestId: 'request-1',
  tenantId: 'acme',
  runnerGroupId: 'group-1',
  type: 'ProvisionAccess',
  system: SYSTEM,
};
const access = { target: { kind: 'table', path: ['app'] }, principal: { kind: 'role', id: 'alice' }, permission: 'read', expiresAt: NOW };
const evidence = { actions: ['dropped'], observations: [{ question: 'role?', answer: 'none', at: 'now' }], proved: true, warnings: [] };
const error = { code: 'SECRET_NOT_FOUND', message: 'gone', retryable: false };
const counts = { system: 'mysql/db', marked: 0, overdue: 0, reverted: 0, failed: 0, unverifiable: 0 };

const results: readonly Result[] = [
  { ...header, stage: 'failed', error },
  { ...header, stage: 'tested', checks: [{ name: 'connect', outcome: 'ok', detail: 'as expected' }] },
  { ...header, stage: 'batch', sequence: 0, items: '' },
  {
    ...header,
    stage: 'collected',
    summary: { counts: { principal: 2 }, batches: 1, durationSeconds: 0.5, trustworthy: true, warnings: [] },
  },
  { ...header, stage: 'granted', access, sealedCredential: 'a.b.c.d.e' },
  { ...header, stage: 'extended', access },
  { ...header, stage: 'revocation_overdue', access, error },
  { ...header, stage: 'revoked', access, cause: 'expired', evidence },
  { ...header, stage: 'swept', sweep: { systems: [counts] } },
];
const granted: Result = { ...header, stage: 'granted', access };
const isResult = (value: unknown) => resultSchema.safeParse(value).success;

describe('a result', () => {
  it.each(results.map((result) => [result.stage, result] as const))('may be of the stage %s', (_, result) => {
    expect(resultSchema.parse(JSON.parse(JSON.stringify(result)))).toEqual(result);
  });

  it('has an example for each stage here', () => {
    expect(resultSchema.options.map((option) => option.shape.stage.value)).toEqual(results.map(({ stage }) => stage));
  });

  it.each([
    ['of a stage that nobody knows', { ...header, stage: 'leaked' }],
    ['of another version', { ...granted, schemaVersion: 2 }],
    ['without an id', { ...granted, resultId: undefined }],
    ['with a plain credential', { ...granted, credential: { password: 'canary' } }],
    ['with an error that has a stack', { ...header, stage: 'failed', error: { ...error, stack: 'at' } }],
    ['with evidence that does not say whether it proves', { ...header, stage: 'revoked', cause: 'expired', evidence: { actions: [] } }],
    ['with a negative position', { ...header, stage: 'batch', sequence: -1, items: '' }],
  ])('is refused %s', (_, result) => {
    expect(isResult(result)).toBe(false);
  });
});

it.each([
  ['ok', true],
  ['warning', true],
  ['skipped', true],
  ['unreachable', false],
  ['authentication_failed', false],
  ['permission_missing', false],
  ['empty', false],
  ['failed', false],
] as const)('a check that is %s passes: %s', (outcome, passing) => {
  expect(isPassing({ name: 'connect', outcome, detail: '' })).toBe(passing);
});
