import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { parseIntegrationSecret, secretName } from '../../src/secrets/integration-secret.js';
import { errorOf, PUBLISHED_SECRETS } from './builders.js';

const ANY = z.record(z.string(), z.string());
const SYSTEM = { type: 'postgresql', id: 'db.example.com' };
const CANARY = 'canary-password-1';
const LEAST = { postgresql_hostname: 'db.example.com', postgresql_username: 'admin', postgresql_password: CANARY };

const parse = (text: string, system = SYSTEM) => parseIntegrationSecret(text, system, ANY);
const parseFields = (changes: Record<string, unknown>) => parse(JSON.stringify({ ...LEAST, ...changes }));
const refusal = (changes: Record<string, unknown>) => errorOf(() => parseFields(changes));

it('a secret is named by the type and the id of its system', () => {
  expect(secretName({ type: 'k8s', id: 'c.example.com:6443' })).toBe('axiom-security/k8s/c.example.com:6443');
});

describe('the secret of a published command', () => {
  it.each(PUBLISHED_SECRETS)('for %s works as it is', (type, text) => {
    const fields = parse(text, { type, id: 'an-id' });
    expect(Object.keys(fields).sort()).toEqual(Object.keys(JSON.parse(text)).sort());
  });

  it.each(PUBLISHED_SECRETS)('for %s is refused when a required field is missing', async (type, text) => {
    const [first = '', ...rest] = Object.entries<string>(JSON.parse(text)).filter(([name]) => !/_uri$|_cert_url$/.test(name));
    const error = await errorOf(() => parse(JSON.stringify(Object.fromEntries(rest)), { type, id: 'an-id' }));
    expect(error).toMatchObject({
      code: 'SECRET_MALFORMED',
      retryable: false,
      object: `axiom-security/${type}/an-id`,
      message: `The secret axiom-security/${type}/an-id has no field ${first[0]}.`,
    });
  });
});

describe('an integration secret', () => {
  it('may hold fields that nobody knows, which are ignored', () => {
    expect(parseFields({ note: 'of the admin', postgres_password: 'x' })).toEqual(LEAST);
  });

  it('may hold numbers and booleans, which become text', () => {
    expect(parseFields({ postgresql_port: 5433, ssl_mode: true, postgresql_password: 123456 })).toMatchObject({
      postgresql_port: '5433',
      ssl_mode: 'true',
      postgresql_password: '123456',
    });
  });

  it('may begin with a byte order mark', () => {
    expect(parse(`\uFEFF${JSON.stringify(LEAST)}`)).toEqual(LEAST);
  });

  it.each(['<x>', '<Password>', 'your-password', '$value', '  blank around  ', '日本語', '"quoted"'])(
    'may have the password %j',
    (password) => {
      expect(parseFields({ postgresql_password: password })).toMatchObject({ postgresql_password: password });
    },
  );

  it('has the literal newlines of a private key mended, and of nothing else', () => {
    const key = '-----BEGIN PRIVATE KEY-----\\nabc\\n-----END PRIVATE KEY-----\\n';
    const github = { github_app_identifier: '1', github_installation_id: '2', github_org_name: 'a\\nb', github_private_key: key };
    expect(parse(JSON.stringify(github), { type: 'github', id: '1' })).toMatchObject({
      github_private_key: '-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n',
      github_org_name: 'a\\nb',
    });
  });
});

describe('an integration secret is refused', () => {
  it.each([
    ['nothing', ''],
    ['text', CANARY],
    ['JSON with a slip', `{"postgresql_password": "${CANARY}",}`],
    ['JSON whose quotes the shell ate', `{postgresql_password: ${CANARY}}`],
  ])('when it is %s', async (_, text) => {
    const error = await errorOf(() => parse(text));
    expect(error.message).toBe('The secret axiom-security/postgresql/db.example.com is not JSON.');
    expect(error.mend).toContain('quotes of your shell');
  });

  it.each([[[LEAST]], ['text'], [1], [null], [true]])('when it is JSON, but no object: %j', async (value) => {
    expect((await errorOf(() => parse(JSON.stringify(value)))).message).toContain('is JSON, but no object');
  });

  it.each(['', '   ', '\n'])('with the empty field %j', async (value) => {
    expect((await refusal({ postgresql_username: value })).message).toContain('has an empty field postgresql_username');
  });

  it.each([undefined, null])('with the missing field %s', async (value) => {
    expect((await refusal({ postgresql_username: value })).message).toContain('has no field postgresql_username');
  });

  it('with the placeholder of the guide', async () => {
    const error = await refusal({ postgresql_password: '<password>' });
    expect(error.message).toContain('still holds the placeholder <password> in postgresql_password');
  });

  it.each([[{ a: 1 }], [['a']]])('with a field that is no text: %j', async (value) => {
    expect((await refusal({ postgresql_password: value })).message).toContain('has a field postgresql_password that is no text');
  });

  it('with a number that JSON cannot hold exactly, instead of as another number', async () => {
    const text = JSON.stringify({ ...LEAST, postgresql_password: 0 }).replace(':0', ':12345678901234567890');
    expect((await errorOf(() => parse(text))).message).toContain('too large to be read exactly');
  });

  it('with a field that only a prototype has', async () => {
    const text = `{"__proto__": ${JSON.stringify(LEAST)}}`;
    expect((await errorOf(() => parse(text))).message).toContain('has no field postgresql_hostname');
  });

  it.each(['Postgresql_Password', 'postgresqlPassword', 'postgresql-password', 'POSTGRESQL PASSWORD'])(
    'with a hint when a field is spelled %s',
    async (slip) => {
      const error = await refusal({ postgresql_password: undefined, [slip]: CANARY });
      expect(error.mend).toContain(`(there is a field "${slip}"; the name is postgresql_password)`);
    },
  );

  it('by its integration, with the field and the reason', async () => {
    const strict = z.object({ postgresql_port: z.string().regex(/^\d+$/, 'must be a port'), postgresql_password: z.string().max(3) });
    const error = await errorOf(() => parseIntegrationSecret(JSON.stringify({ ...LEAST, postgresql_port: `x${CANARY}` }), SYSTEM, strict));
    expect(error.message).toContain('postgresql_port (must be a port)');
    expect(error.message).toContain('postgresql_password');
    expect(JSON.stringify(error.toTaskError())).not.toContain(CANARY);
  });

  it('for a system that has no integration', async () => {
    expect(await errorOf(() => parse('{}', { type: 'oracle', id: 'db' }))).toMatchObject({ code: 'UNSUPPORTED' });
  });

  it('without ever showing a value', async () => {
    const faulty = [
      CANARY,
      `{"postgresql_password": "${CANARY}"`,
      JSON.stringify([CANARY]),
      JSON.stringify({ ...LEAST, postgresql_hostname: '' }),
      JSON.stringify({ ...LEAST, postgresql_password: { value: CANARY } }),
      JSON.stringify({ ...LEAST, postgresql_username: '<username>' }),
    ];
    for (const text of faulty) {
      const error = await errorOf(() => parse(text));
      expect(`${JSON.stringify(error.toTaskError())} ${error.stack} ${JSON.stringify(error.cause)}`).not.toContain(CANARY);
    }
  });
});
