import { execFileSync } from 'node:child_process';
import { parseEnv } from 'node:util';
import fc from 'fast-check';
import type { Secret } from '../../../src/cli/get-secret/read-answer.js';
import { dotenvLines, shellLines, variablesOf } from '../../../src/cli/get-secret/variables.js';
import { parseEnvFile } from '../../../src/config/env-file.js';

const secretOf = (password: string): Secret => ({
  json: Buffer.alloc(0),
  fields: { secret_id: 'db-production', username: 'user', password, expires_at: '2026-01-01T00:00:00Z' },
  staleSeconds: undefined,
});
const variables = (password: string, prefix = 'DB_') => variablesOf(secretOf(password), prefix);

/** Any text that a variable can hold, with what shells and readers of .env files make much of. */
const text = fc.string({
  unit: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...'ab9_=+/@:%-. \t\n\r\'"\\$`#!&;|<>(){}[]*?~^,') },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).filter((one) => one !== '\0') },
  ),
  maxLength: 24,
});

describe('variables', () => {
  it('are named by the prefix, in the order of the answer', () => {
    expect([...variables('pass', 'SECRET_')]).toEqual([
      ['SECRET_ID', 'db-production'],
      ['SECRET_USERNAME', 'user'],
      ['SECRET_PASSWORD', 'pass'],
      ['SECRET_EXPIRES_AT', '2026-01-01T00:00:00Z'],
    ]);
  });

  it('cannot hold a NUL', () => {
    expect(() => variables('canary\0')).toThrow(expect.objectContaining({ exitCode: 1, message: expect.not.stringContaining('canary') }));
  });
});

describe('lines for a shell', () => {
  it('are assignments in single quotes', () => {
    expect(shellLines(variables("it's"))).toBe(
      "DB_ID='db-production'\nDB_USERNAME='user'\nDB_PASSWORD='it'\\''s'\nDB_EXPIRES_AT='2026-01-01T00:00:00Z'\n",
    );
  });

  it('give a real shell back any text, and run nothing', () => {
    const passwords = [...fc.sample(text, 200), "'; touch /tmp/canary; '", '$(id)', '`id`', 'ends with newlines\n\n', '-n', ''];
    const print = `node=$1; i=0; shift; for lines in "$@"; do eval "$lines"; printf '%s\\0' "$DB_PASSWORD"; done`;
    const output = execFileSync('sh', ['-eu', '-c', print, 'sh', 'x', ...passwords.map((password) => shellLines(variables(password)))]);
    expect(output.toString('utf8').split('\0').slice(0, -1)).toEqual(passwords);
  });
});

describe('lines for a .env file', () => {
  it.each([
    ['plain where nothing needs quotes', 'Passw0rd+/@%:,._-', 'Passw0rd+/@%:,._-'],
    ['literally in single quotes', 'a "b" $c `d` #e \\f', '\'a "b" $c `d` #e \\f\''],
    ['in double quotes where there is a single one', "it's #1", '"it\'s #1"'],
    ['with nothing', '', ''],
  ])('hold a value %s', (_, password, written) => {
    expect(dotenvLines(variables(password))).toContain(`\nDB_PASSWORD=${written}\n`);
  });

  it.each([
    ['a line end', 'canary\n'],
    ['a carriage return', 'canary\r'],
    ['a tab', 'canary\t'],
    ['both quotes', `canary'"`],
    ['a single quote and an expansion', "canary'$HOME"],
    ['a backslash at its end', 'canary #\\'],
    ['two backslashes', 'canary\\\\x'],
  ])('do not pretend to hold %s, which readers understand differently', (_, password) => {
    expect(() => dotenvLines(variables(password))).toThrow(
      expect.objectContaining({ exitCode: 1, message: expect.not.stringContaining('canary'), mend: expect.stringContaining('--exec') }),
    );
  });

  it('mean the same to two readers, for any text that they are given at all', () => {
    let written = 0;
    fc.assert(
      fc.property(text, (password) => {
        let lines: string;
        try {
          lines = dotenvLines(variables(password));
        } catch {
          return;
        }
        written += 1;
        const expected = Object.fromEntries(variables(password));
        expect({ ...parseEnv(lines) }).toEqual(expected);
        expect({ ...parseEnvFile(lines).variables }).toEqual(expected);
      }),
      { numRuns: 2_000 },
    );
    expect(written).toBeGreaterThan(100);
  });
});
