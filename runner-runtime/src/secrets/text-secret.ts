import { RunnerError } from '../errors.js';

/**
 * Reads a secret that holds one value: a plain string, or a JSON object with the value under `field`.
 * @throws {RunnerError} `SECRET_MALFORMED` when it is neither, or empty
 */
export function textOf(secret: string, field: string, name: string): string {
  const value = secret.trimStart().startsWith('{') ? fieldOf(secret, field) : secret;
  if (typeof value === 'string' && value.trim() !== '') return value.trim();
  throw new RunnerError('SECRET_MALFORMED', `The secret ${name} holds no ${field}.`, {
    object: name,
    mend: `Store the plain value, or JSON {"${field}": "…"}.`,
  });
}

function fieldOf(json: string, field: string): unknown {
  try {
    return (JSON.parse(json) as Record<string, unknown>)[field];
  } catch {
    return undefined;
  }
}
