import { describe, expect, it } from '@jest/globals';
import { recordStep, type StepRecord } from '../../src/audit/step-record.js';
import { RunnerError } from '../../src/errors.js';
import { createLogger } from '../../src/operations/logger.js';

const RECORD: StepRecord = {
  step: 'apply',
  requestId: 'request-1',
  runId: 'run-1',
  attempt: 2,
  subject: {
    system: { type: 'postgresql', id: 'db.example.com' },
    target: { kind: 'table', path: ['app', 'orders'] },
    permission: 'read',
    principal: { kind: 'role', id: 'alice' },
    justification: 'incident 42\nand more',
    expiresAt: 1_750_000_000,
  },
  facts: { actions: ['granted'] },
  durationMs: 12,
  error: undefined,
};

function recorded(changes: Partial<StepRecord> = {}): Record<string, unknown> {
  const lines: string[] = [];
  recordStep(createLogger({ write: (line) => lines.push(line) }), { ...RECORD, ...changes });
  expect(lines).toHaveLength(1);
  return JSON.parse(lines.join(''));
}

describe('the record of a step', () => {
  it('says who may do what where until when, and what became of it', () => {
    expect(recorded()).toEqual({
      level: 'info',
      time: expect.any(Number),
      event: 'task.step',
      step: 'apply',
      requestId: 'request-1',
      runId: 'run-1',
      attempt: 2,
      facts: { actions: ['granted'] },
      durationMs: 12,
      system: 'postgresql/db.example.com',
      target: { kind: 'table', path: ['app', 'orders'] },
      permission: 'read',
      principal: { kind: 'role', id: 'alice' },
      justification: 'incident 42\nand more',
      expiresAt: 1_750_000_000,
      outcome: 'succeeded',
      message: 'apply succeeded',
    });
  });

  it('says why it failed, with the code that the product shows', () => {
    const error = new RunnerError('SECRET_NOT_FOUND', 'The secret does not exist.', {
      object: 'axiom-security/mysql/db',
      mend: 'Create it.',
    });
    expect(recorded({ error })).toMatchObject({
      level: 'error',
      outcome: 'failed',
      message: 'apply failed: SECRET_NOT_FOUND: The secret does not exist.',
      error: {
        code: 'SECRET_NOT_FOUND',
        message: 'The secret does not exist.',
        retryable: false,
        object: 'axiom-security/mysql/db',
        mend: 'Create it.',
      },
    });
  });

  it('leaves out what was not verified', () => {
    const record = recorded({ subject: {}, error: new RunnerError('TASK_REJECTED', 'The task is malformed.') });
    expect(Object.keys(record)).not.toEqual(expect.arrayContaining(['system']));
    expect(Object.keys(record)).not.toEqual(expect.arrayContaining(['principal']));
  });
});
