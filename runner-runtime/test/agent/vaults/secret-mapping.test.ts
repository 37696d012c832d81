import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { SecretSettings } from '../../../src/agent/config/agent-settings.js';
import { parseMoment } from '../../../src/agent/vaults/moment.js';
import { mapSecret } from '../../../src/agent/vaults/secret-mapping.js';
import { RunnerError } from '../../../src/errors.js';

const map = (text: string, settings?: SecretSettings) => mapSecret(text, settings, 'prod/db');
const refusal = (text: string, settings?: SecretSettings): RunnerError => {
  try {
    map(text, settings);
  } catch (error) {
    if (error instanceof RunnerError) return error;
    throw error;
  }
  throw new Error('it was not refused');
};
const RDS = JSON.stringify({
  engine: 'postgres',
  host: 'db.example.com',
  port: 5432,
  username: 'produser',
  password: 'pass',
  dbname: 'production_db',
});

describe('the mapping of a secret', () => {
  it('takes user name and password of the JSON that rotation functions write, and leaves the rest', () => {
    expect(map(RDS)).toEqual({ username: 'produser', password: 'pass' });
  });

  it.each<[string, string, SecretSettings | undefined, { username: string; password: string }]>([
    ['other fields', '{"user":"u","pw":"p"}', { username_field: 'user', password_field: 'pw' }, { username: 'u', password: 'p' }],
    ['a user name of the configuration', '{"password":"p"}', { username: 'fixed' }, { username: 'fixed', password: 'p' }],
    ['no user name at all', '{"password":"p"}', undefined, { username: '', password: 'p' }],
    ['a user name that is null', '{"username":null,"password":"p"}', undefined, { username: '', password: 'p' }],
    ['plain text', 'plain text', undefined, { username: '', password: 'plain text' }],
    ['plain text with its user name', 'plain', { username: 'fixed' }, { username: 'fixed', password: 'plain' }],
    ['plain text with blanks around, as it is', ' plain\n', undefined, { username: '', password: ' plain\n' }],
    ['JSON that is no object', '"quoted"', undefined, { username: '', password: '"quoted"' }],
    ['JSON as a whole', '{"password":"p"}', { password_field: '*' }, { username: '', password: '{"password":"p"}' }],
    ['a password that begins with a brace, declared', '{not json', { password_field: '*' }, { username: '', password: '{not json' }],
    ['numbers and booleans', '{"username":42,"password":true}', undefined, { username: '42', password: 'true' }],
    ['a byte order mark before JSON', '\uFEFF{"password":"p"}', undefined, { username: '', password: 'p' }],
    ['a byte order mark before text', '\uFEFFplain', undefined, { username: '', password: 'plain' }],
    ['a field of any name', '{"__proto__":"p"}', { password_field: '__proto__' }, { username: '', password: 'p' }],
  ])('takes %s', (_, text, settings, expected) => {
    expect(map(text, settings)).toEqual(expected);
  });

  it('names the field that is missing, those that are there, and the one that is meant', () => {
    const error = refusal('{"user":"u","Pass_Word":"p"}');
    expect(error).toMatchObject({ code: 'SECRET_MALFORMED', object: 'prod/db' });
    expect(error.message).toBe('The secret prod/db has no field "password": it has "user", "Pass_Word".');
    expect(error.mend).toContain('Is it "Pass_Word"?');
  });

  it.each<[string, string, SecretSettings | undefined, string]>([
    ['an inherited name', '{"password":"p"}', { username_field: 'constructor' }, 'no field "constructor"'],
    ['a named user field that is missing', '{"password":"p"}', { username_field: 'user' }, 'no field "user"'],
    ['digits that JSON does not keep', '{"password":12345678901234567890}', undefined, 'a number whose digits JSON does not keep'],
    ['a fraction, whose spelling JSON does not keep', '{"password":1.50}', undefined, 'a number whose digits JSON does not keep'],
    ['an object', '{"password":{"value":"p"}}', undefined, 'an object'],
    ['a list', '{"password":["p"]}', undefined, 'a list'],
    ['null', '{"password":null}', undefined, 'null'],
    ['an empty password', '{"password":""}', undefined, 'empty field "password"'],
    ['an empty text', '', undefined, 'is empty'],
    ['broken JSON', '{"password":"p"', undefined, 'begins as a JSON object and is none'],
    ['text where fields are named', 'plain', { password_field: 'pw' }, 'there is no field "pw"'],
    ['an end that is missing', '{"password":"p"}', { expires_field: 'until' }, 'no field "until"'],
    ['an end that is none', '{"password":"p","until":"tomorrow"}', { expires_field: 'until' }, 'no moment in its field "until"'],
    ['an end in milliseconds', '{"password":"p","until":1900000000000}', { expires_field: 'until' }, 'no moment in its field "until"'],
  ])('refuses %s', (_, text, settings, words) => {
    const error = refusal(text, settings);
    expect(error.code).toBe('SECRET_MALFORMED');
    expect(error.message).toContain(words);
    expect(error.mend).not.toBe('');
  });

  it('bounds and cleans the names that it shows', () => {
    const fields = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`${'x'.repeat(200)}\n${index}`, 'v']));
    const { message } = refusal(JSON.stringify(fields));
    expect(message).toContain('and 30 more');
    expect(message.length).toBeLessThan(700);
    expect(message).not.toContain('\n');
  });

  it.each<[unknown, string | undefined]>([
    ['2030-01-31T18:00:00Z', '2030-01-31T18:00:00.000Z'],
    ['2030-01-31T18:00:00.250+02:00', '2030-01-31T16:00:00.250Z'],
    ['2030-01-31T18:00:00-0300', '2030-01-31T21:00:00.000Z'],
    ['2030-01-31T18:00:00', '2030-01-31T18:00:00.000Z'],
    ['2030-01-31 18:00:00', '2030-01-31T18:00:00.000Z'],
    ['2030-01-31', '2030-01-31T00:00:00.000Z'],
    [1_900_000_000, '2030-03-17T17:46:40.000Z'],
    ['1900000000', '2030-03-17T17:46:40.000Z'],
    [1_900_000_000_000, undefined],
    [3_600, undefined],
    ['2030-13-01', undefined],
    ['in an hour', undefined],
    ['', undefined],
    [null, undefined],
  ])('reads the moment %j as %s', (value, expected) => {
    const moment = parseMoment(value);
    expect(moment === undefined ? undefined : new Date(moment).toISOString()).toBe(expected);
  });

  it('takes an end of the secret itself, and null for none', () => {
    expect(map('{"password":"p","until":"2030-01-31T18:00:00Z"}', { expires_field: 'until' })).toMatchObject({
      expiresAt: 1_896_112_800_000,
    });
    expect(map('{"password":"p","until":null}', { expires_field: 'until' })).toEqual({ username: '', password: 'p' });
  });

  it('never shows a value in an error', () => {
    const value = fc.uuid().map((id) => `canary-${id}`);
    const field = fc.constantFrom('user', 'username', 'Password', 'password', 'token', 'until', 'nested');
    const held = fc.oneof(
      value,
      value.map((text) => [text]),
      value.map((text) => ({ text })),
      fc.constant(null),
      fc.constant(1.5),
    );
    const json = fc.dictionary(field, held).map((fields) => JSON.stringify(fields));
    const text = fc.oneof(
      json,
      value,
      json.map((whole) => whole.slice(0, -1)),
      value.map((whole) => `{${whole}`),
    );
    const settings = fc.record(
      { username_field: field, password_field: fc.oneof(field, fc.constant('*')), expires_field: field },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(text, settings, (secret, chosen) => {
        try {
          map(secret, chosen);
        } catch (error) {
          expect(error).toMatchObject({ code: 'SECRET_MALFORMED' });
          expect(`${(error as Error).stack} ${JSON.stringify(error)}`).not.toContain('canary-');
        }
      }),
      { numRuns: 500 },
    );
  });
});
