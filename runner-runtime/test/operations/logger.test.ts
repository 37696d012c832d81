import { describe, expect, it } from '@jest/globals';
import { LOG_LEVELS } from '../../../contract/environment.js';
import { Redactor } from '../../src/guard/redaction.js';
import { createLogger, type LoggerOptions } from '../../src/operations/logger.js';

function recording(options: LoggerOptions = {}) {
  const lines: string[] = [];
  return { lines, log: createLogger({ ...options, write: (line) => lines.push(line) }) };
}

describe('a log line', () => {
  it('is one JSON object with level, time in unix seconds, and message, in this order', () => {
    const { lines, log } = recording();
    const before = Math.floor(Date.now() / 1000);
    log.info('Started Axiom Runner Namespace = acme | TaskQueue = group-1 | WorkerID = 1@host@ |');
    const { time } = JSON.parse(lines.join(''));
    expect(lines).toEqual([
      `{"level":"info","time":${time},"message":"Started Axiom Runner Namespace = acme | TaskQueue = group-1 | WorkerID = 1@host@ |"}\n`,
    ]);
    expect(Number.isInteger(time)).toBe(true);
    expect(time).toBeGreaterThanOrEqual(before);
    expect(time).toBeLessThanOrEqual(Date.now() / 1000);
  });

  it('carries further fields, and no process id, host or stack', () => {
    const { lines, log } = recording();
    log.warn('careful', { system: 'mysql/db', nested: { a: [1] } });
    expect(JSON.parse(lines.join(''))).toEqual({
      level: 'warn',
      time: expect.any(Number),
      system: 'mysql/db',
      nested: { a: [1] },
      message: 'careful',
    });
  });

  it('stays one line whatever the text', () => {
    const { lines, log } = recording();
    log.error('two\nlines\r\u2028', { name: 'a\n{"level":"info"}', half: '\ud800' });
    expect(lines.join('').split('\n')).toHaveLength(2);
    expect(JSON.parse(lines.join(''))).toMatchObject({ level: 'error', message: 'two\nlines\r\u2028', name: 'a\n{"level":"info"}' });
  });

  it('is written for a circular or strange field, too', () => {
    const { lines, log } = recording();
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    log.info('strange', { circle, big: 1n, none: undefined, nothing: null });
    expect(JSON.parse(lines.join(''))).toMatchObject({ message: 'strange', nothing: null });
  });

  it('is cleaned of the secrets in use, in its message and its fields', () => {
    const redactor = new Redactor();
    redactor.hold(['canary "one"', 'canary-two']);
    const { lines, log } = recording({ redact: redactor.redact });
    log.error('refused canary "one"', { detail: ['canary-two'], uri: 'https://x/?p=canary%20%22one%22' });
    expect(lines.join('')).not.toContain('canary');
    expect(JSON.parse(lines.join(''))).toMatchObject({ message: 'refused [redacted]', detail: ['[redacted]'] });
  });
});

describe('the level of a log', () => {
  const everything = ({ log, lines }: ReturnType<typeof recording>) => {
    log.trace('trace');
    log.debug('debug');
    log.info('info');
    log.warn('warn');
    log.error('error');
    return lines.map((line) => JSON.parse(line).level);
  };

  it.each(LOG_LEVELS)('%s lets this level and the graver ones through', (level) => {
    expect(everything(recording({ level }))).toEqual(LOG_LEVELS.slice(LOG_LEVELS.indexOf(level)));
  });

  it('is info when nothing is said', () => {
    expect(everything(recording())).toEqual(['info', 'warn', 'error']);
  });
});
