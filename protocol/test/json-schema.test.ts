import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { jsonSchemas } from '../src/index.js';

/** Rendered anew with `UPDATE=1`; whoever writes a control plane in another language reads these. */
const folder = new URL('../../docs/protocol/', import.meta.url);
const fileOf = (name: string) => new URL(`${name}.schema.json`, folder);
const schemas = jsonSchemas();

if (process.env['UPDATE'] === '1') {
  mkdirSync(folder, { recursive: true });
  for (const [name, schema] of Object.entries(schemas)) writeFileSync(fileOf(name), `${JSON.stringify(schema, undefined, 2)}\n`);
}

describe('the JSON Schemas in the documentation', () => {
  it.each(Object.keys(schemas))('say of %s what the protocol says', (name) => {
    expect(JSON.parse(readFileSync(fileOf(name), 'utf8'))).toEqual(schemas[name]);
  });

  it('are all of the protocol and nothing else', () => {
    const files = readdirSync(folder).filter((name) => name.endsWith('.schema.json'));
    expect(files.sort()).toEqual(
      Object.keys(schemas)
        .map((name) => `${name}.schema.json`)
        .sort(),
    );
  });

  it('are of the version 2020-12 and refuse what the protocol refuses', () => {
    expect(schemas['task']).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      additionalProperties: false,
      required: ['schemaVersion', 'jti', 'aud', 'iat', 'exp', 'task'],
    });
  });
});
