import { TASK_VALIDITY_SECONDS, WORKFLOW_TYPES } from '../../contract/tasks.js';
import { plainTask, readTask, type Task, type TaskBody, TaskRejectedError, taskBodySchema, taskSchema } from '../src/index.js';
import { AUDIENCE, aProvision, aTask, SYSTEM } from './builders.js';

const isTask = (value: unknown) => taskSchema.safeParse(value).success;
const withBody = (task: object) => ({ ...aTask(), task });
const withTarget = (...path: string[]) => withBody(aProvision({ target: { kind: 'table', path } }));
/** As it comes off the wire: JSON.parse makes `__proto__` an own key. */
const parsed = (text: string): unknown => JSON.parse(text);

async function messageFor(envelope: unknown): Promise<string> {
  try {
    await readTask(envelope, { audience: AUDIENCE });
    return 'accepted';
  } catch (error) {
    if (error instanceof TaskRejectedError && error.reason === 'malformed') return error.message;
    throw error;
  }
}

describe('an envelope', () => {
  it.each([
    ['nothing', undefined],
    ['null', null],
    ['text', 'task'],
    ['a list', [plainTask(aTask())]],
    ['no task', { schemaVersion: 1 }],
    ['another version', { schemaVersion: 2, task: aTask() }],
    ['a JWS that is no text', { schemaVersion: 1, jws: { toString: 'x' } }],
    ['both forms', { schemaVersion: 1, jws: 'a.b.c', task: aTask() }],
    ['further keys', { ...plainTask(aTask()), admin: true }],
  ])('is refused when it is %s', async (_, envelope) => {
    expect(await messageFor(envelope)).toMatch(/malformed/);
  });

  it('names the faulty place and never its value', async () => {
    const envelope = { schemaVersion: 1, task: withBody({ ...aProvision(), durationSeconds: 'canary-value' }) };
    const message = await messageFor(envelope);
    expect(message).toContain('task.durationSeconds');
    expect(message).not.toContain('canary');
  });
});

describe('a request id', () => {
  it.each(['r', 'request-1', 'A_b.c:9-0', 'x'.repeat(128)])('may be %s', (jti) => {
    expect(isTask(aTask({ jti }))).toBe(true);
  });

  it.each([
    ['a path', '../../etc/passwd'],
    ['a newline at its end', 'request-1\n'],
    ['a newline', 'request\n1'],
    ['a NUL', 'request\0'],
    ['a leading dot', '.hidden'],
    ['a leading hyphen', '--all'],
    ['a slash', 'a/b'],
    ['a letter that looks like another', 'request\u0430'],
    ['nothing', ''],
    ['129 characters', 'x'.repeat(129)],
    ['ten megabytes', 'x'.repeat(10 * 1024 * 1024)],
  ])('is refused with %s', (_, jti) => {
    expect(isTask(aTask({ jti }))).toBe(false);
  });
});

describe('a name', () => {
  it.each(['O\'Brien "the" boss', 'two\nlines', '"; DROP TABLE x; --', '名前', '🙂', ' blank ends ', '../up', '__proto__'])(
    'may be %j: quoting is the work of each integration',
    (name) => {
      expect(isTask(withTarget('app', name))).toBe(true);
    },
  );

  it.each([
    ['half of a surrogate pair', 'a\ud800'],
    ['the other half', '\udc00b'],
    ['a NUL', 'a\0b'],
    ['nothing', ''],
    ['too many characters', 'x'.repeat(1025)],
  ])('is refused with %s', (_, name) => {
    expect(isTask(withTarget('app', name))).toBe(false);
    expect(isTask(withBody(aProvision({ principal: { kind: 'role', id: name } })))).toBe(false);
  });

  it('stands in a path of one to eight steps', () => {
    expect(isTask(withTarget())).toBe(false);
    expect(isTask(withTarget(...Array<string>(8).fill('a')))).toBe(true);
    expect(isTask(withTarget(...Array<string>(9).fill('a')))).toBe(false);
  });
});

describe('a system', () => {
  const isSystem = (system: object) => isTask(withBody({ type: 'TestConnection', system }));

  it.each(['db.example.com', 'db:5433', 'a/b', 'user@host', 'x'.repeat(400)])('may have the id %s', (id) => {
    expect(isSystem({ type: 'postgresql', id })).toBe(true);
  });

  it.each(['', '../other', 'a/../b', 'a//b', '/a', 'a/', '.', 'a b', 'a\n', 'a*', 'x'.repeat(401)])('is refused with the id %j', (id) => {
    expect(isSystem({ type: 'postgresql', id })).toBe(false);
  });

  it.each(['oracle', 'Postgresql', '__proto__', 'constructor', ''])('is refused with the type %j', (type) => {
    expect(isSystem({ type, id: 'db' })).toBe(false);
  });
});

describe('a task', () => {
  it('is refused with a key that would become a prototype', () => {
    const text = JSON.stringify(aTask());
    expect(isTask(parsed(text.replace('{', '{"__proto__":{"admin":true},')))).toBe(false);
    expect(isTask(parsed(text.replace('{"type"', '{"__proto__":{"admin":true},"type"')))).toBe(false);
    expect(isTask(parsed(text.replace('{', '{"constructor":{"prototype":{"admin":true}},')))).toBe(false);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it('is refused with a key that nobody knows', () => {
    expect(isTask(withBody({ ...aProvision(), dryRun: true }))).toBe(false);
  });

  it.each([0, -1, 1.5, 400 * 86_400 + 1, Number.POSITIVE_INFINITY, '3600'])(
    'is refused with a duration of %s seconds',
    (durationSeconds) => {
      expect(isTask(withBody({ ...aProvision(), durationSeconds }))).toBe(false);
    },
  );

  it('has a justification of bounded length', () => {
    expect(isTask(withBody(aProvision({ justification: '' })))).toBe(false);
    expect(isTask(withBody(aProvision({ justification: 'x'.repeat(2001) })))).toBe(false);
  });

  it('compares against a bounded number of counts', () => {
    const withCounts = (entries: number) => {
      const previousCounts = Object.fromEntries(Array.from({ length: entries }, (_, index) => [`kind-${index}`, 1]));
      return withBody({ type: 'CollectData', system: SYSTEM, previousCounts });
    };
    expect(isTask(withCounts(100))).toBe(true);
    expect(isTask(withCounts(101))).toBe(false);
  });

  it('is of a type that is a workflow, or extends an access', () => {
    const types = taskBodySchema.options.map((option): TaskBody['type'] => option.shape.type.value);
    expect(types).toEqual(expect.arrayContaining([...WORKFLOW_TYPES]));
    expect(types).toHaveLength(WORKFLOW_TYPES.length + 1);
  });

  it('may say any times: whether they are acceptable is asked elsewhere', () => {
    const task: Task = aTask({ iat: 1, exp: 2 + TASK_VALIDITY_SECONDS });
    expect(isTask(task)).toBe(true);
  });
});
