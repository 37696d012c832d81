import { describe, expect, it } from '@jest/globals';
import { textOf } from '../../src/secrets/text-secret.js';
import { errorOf } from './builders.js';

const read = (secret: string) => textOf(secret, 'RUNNER_API_KEY', 'axiom/api-key');

describe('a secret of one value', () => {
  it.each([
    ['the plain value', 'key-1'],
    ['the plain value with a newline at its end, as a file has it', 'key-1\n'],
    ['JSON', '{"RUNNER_API_KEY": "key-1"}'],
    ['JSON with further fields', ' {"other": "x", "RUNNER_API_KEY": " key-1 "}\n'],
  ])('may be %s', (_, secret) => {
    expect(read(secret)).toBe('key-1');
  });

  it.each([
    ['empty', ''],
    ['blank', ' \n'],
    ['JSON without the field', '{"api_key": "canary-key"}'],
    ['JSON with the field empty', '{"RUNNER_API_KEY": ""}'],
    ['JSON with the field as something else', '{"RUNNER_API_KEY": {"value": "canary-key"}}'],
    ['broken JSON', '{"RUNNER_API_KEY": "canary-key"'],
  ])('is refused when it is %s, without its value', async (_, secret) => {
    const error = await errorOf(() => read(secret));
    expect(error).toMatchObject({ code: 'SECRET_MALFORMED', object: 'axiom/api-key' });
    expect(error.message).toBe('The secret axiom/api-key holds no RUNNER_API_KEY.');
    expect(`${error.message}${error.mend}`).not.toContain('canary');
  });
});
