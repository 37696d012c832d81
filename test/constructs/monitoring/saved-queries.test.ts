import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SAVED_QUERIES } from '../../../constructs/monitoring/saved-queries';
import { ERROR_CODES } from '../../../contract/error-codes';
import {
  ACCESS_END_EVENT,
  LOG_FIELDS,
  OUTCOME_FAILED,
  OUTCOME_SUCCEEDED,
  REVERT_STEP,
  SECRET_ERROR_PREFIX,
  TASK_STEP_EVENT,
} from '../../../contract/log-fields';

const source = (path: string) => readFileSync(join(__dirname, '../../..', path), 'utf8');
const records = source('runner-runtime/src/audit/step-record.ts');

/** Names of the properties that an interface in a source declares. */
function propertiesOf(text: string, interfaceName: string): string[] {
  const [, body = ''] = new RegExp(`export interface ${interfaceName} \\{(.*?)^\\}`, 'ms').exec(text) ?? [];
  return [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map((match) => match[1] ?? '');
}

describe('the field names of the log', () => {
  const written = new Set([
    'time',
    'message',
    'event',
    'outcome',
    ...['StepRecord', 'EndRecord', 'StepSubject'].flatMap((name) => propertiesOf(records, name)),
    ...['code', 'message', 'retryable', 'object', 'mend'].map((name) => `error.${name}`),
    'principal.id',
    'target.kind',
  ]);

  it.each(Object.entries(LOG_FIELDS))('%s is what the runner writes', (_, name) => {
    expect(written).toContain(name);
  });

  it('are found in the sources of the runner', () => {
    expect(propertiesOf(records, 'StepRecord')).toEqual(expect.arrayContaining(['step', 'requestId', 'attempt', 'durationMs', 'error']));
    expect(propertiesOf(records, 'EndRecord')).toEqual(expect.arrayContaining(['requestId', 'by']));
    expect(propertiesOf(records, 'StepSubject')).toEqual(
      expect.arrayContaining(['system', 'permission', 'principal', 'target', 'expiresAt']),
    );
  });

  it.each([
    ['TASK_STEP_EVENT', TASK_STEP_EVENT, records],
    ['ACCESS_END_EVENT', ACCESS_END_EVENT, records],
    ['OUTCOME_SUCCEEDED', OUTCOME_SUCCEEDED, records],
    ['OUTCOME_FAILED', OUTCOME_FAILED, records],
    ['REVERT_STEP', REVERT_STEP, source('runner-runtime/src/tasks/activities.ts')],
  ])('%s is what the runner writes, as a text or by this name', (constant, value, text) => {
    expect(text.includes(`'${value}'`) || new RegExp(`\\b${constant}\\b`).test(text)).toBe(true);
  });

  it('and those of an error are what travels as an error', () => {
    const error = /toTaskError\(\): TaskError \{(.*?)^ {2}\}/ms.exec(source('runner-runtime/src/errors.ts'))?.[1] ?? '';
    for (const name of ['code', 'message', 'mend']) expect(error).toMatch(new RegExp(`\\b${name}: this\\.${name}`));
    expect(records).toMatch(/error: error\.toTaskError\(\)/);
  });

  it('and the time is in seconds, as the end of an access is', () => {
    expect(source('runner-runtime/src/operations/logger.ts')).toContain('"time":${Math.floor(Date.now() / 1000)}');
    expect(source('runner-runtime/src/tasks/access-activities.ts')).toContain('intent.expiresAt * 1000');
  });

  it('finds the codes of all errors about secrets, and no others', () => {
    const found = ERROR_CODES.filter(({ code }) => code.startsWith(SECRET_ERROR_PREFIX)).map(({ code }) => code);
    expect(found).toEqual(['SECRET_NOT_FOUND', 'SECRET_ACCESS_DENIED', 'SECRET_MALFORMED', 'SECRET_STORE_UNAVAILABLE']);
  });
});

describe('the saved queries', () => {
  it.each(SAVED_QUERIES.map((saved) => [saved.name, saved.query] as const))('%s: uses fields of the log only', (_, query) => {
    const text = [...(query.fields ?? []), ...(query.filterStatements ?? []), ...(query.statsStatements ?? [])].join(' ');
    const own = [...text.matchAll(/ as (\w+)/g)].map((match) => match[1] ?? '');
    const words = text
      .replace(/"[^"]*"|\/[^/]*\//g, '')
      .split(/[^\w.@]+/)
      .filter((word) => /^[A-Za-z]/.test(word));
    const language = ['as', 'and', 'or', 'by', 'like', 'count', 'latest', 'pct', 'max'];
    const known: readonly string[] = [...Object.values(LOG_FIELDS), ...own, ...language];
    expect(words.filter((word) => !known.includes(word))).toEqual([]);
  });

  it('have names and ids of their own', () => {
    expect(new Set(SAVED_QUERIES.map(({ id }) => id)).size).toBe(SAVED_QUERIES.length);
    expect(new Set(SAVED_QUERIES.map(({ name }) => name)).size).toBe(SAVED_QUERIES.length);
  });
});
