import { z } from 'zod';
import { envelopeSchema } from './envelope.js';
import { itemSchema } from './model.js';
import { resultSchema } from './result.js';
import { credentialSchema } from './sealing.js';
import { taskSchema } from './task.js';

/** JSON Schema (2020-12) of every message of the protocol, by name. */
export function jsonSchemas(): Record<string, unknown> {
  const schemas = { envelope: envelopeSchema, task: taskSchema, result: resultSchema, item: itemSchema, credential: credentialSchema };
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })]),
  );
}
