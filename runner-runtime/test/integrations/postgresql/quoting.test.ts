import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Client } from 'pg';
import { newPassword } from '../../../src/integration-kit/password.js';
import { isPossibleName, literal, quoted, timestamp } from '../../../src/integrations/postgresql/identifiers.js';
import { scramVerifier } from '../../../src/integrations/postgresql/scram.js';
import { DatabaseServer } from './database-server.js';

describe('what stands in statements', () => {
  let server: DatabaseServer;
  let client: Client;
  beforeAll(async () => {
    server = await DatabaseServer.start(18);
    client = await server.connect(server.server.superuser.user, server.server.superuser.password, 'postgres');
  }, 60_000);
  afterAll(async () => {
    await client?.end();
    await server?.stop();
  });

  const name = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 63 })
    .filter((text) => isPossibleName(text) && !/\p{Surrogate}/u.test(text));

  it('an identifier is the name that it was, whatever it holds', async () => {
    await fc.assert(
      fc.asyncProperty(name, async (text) => {
        const { fields } = await client.query(`SELECT 1 AS ${quoted(text)}`);
        expect(fields.map((field) => field.name)).toEqual([text]);
      }),
      { numRuns: 200 },
    );
  });

  it('a literal is the text that it was, whatever the server takes a backslash for', async () => {
    await fc.assert(
      fc.asyncProperty(name, fc.boolean(), async (text, standard) => {
        await client.query(`SET standard_conforming_strings = ${standard ? 'on' : 'off'}`);
        const { rows } = await client.query(`SELECT ${literal(text)} AS text`);
        expect(rows).toEqual([{ text }]);
      }),
      { numRuns: 200 },
    );
  });

  it('a moment is the same for every DateStyle', async () => {
    for (const style of ['ISO, DMY', 'German', 'SQL, MDY']) {
      await client.query(`SET DateStyle = '${style}'`);
      const { rows } = await client.query(`SELECT extract(epoch FROM ${timestamp(1_900_000_000)}::timestamptz)::int AS seconds`);
      expect(rows).toEqual([{ seconds: 1_900_000_000 }]);
    }
  });

  it('a verifier is the one that the server makes of the same password and salt', async () => {
    const password = newPassword();
    await client.query(`CREATE ROLE someone PASSWORD ${literal(password)}`);
    const { rows } = await client.query("SELECT rolpassword FROM pg_authid WHERE rolname = 'someone'");
    const [, iterations = '', salt = ''] = /^SCRAM-SHA-256\$(\d+):([^$]+)\$/.exec(String(rows[0]?.rolpassword)) ?? [];
    expect(await scramVerifier(password, Buffer.from(salt, 'base64'), Number(iterations))).toBe(rows[0]?.rolpassword);
  });

  it('passwords differ and are long', () => {
    const passwords = Array.from({ length: 1000 }, newPassword);
    expect(new Set(passwords).size).toBe(1000);
    for (const password of passwords) expect(password).toMatch(/^[A-Za-z0-9_-]{32}$/);
  });
});
