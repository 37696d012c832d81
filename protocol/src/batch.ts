import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { type Item, itemSchema } from './model.js';

/** Largest batch after inflation that a reader accepts, bytes: a small batch must not become a bomb. */
const MAX_INFLATED_BYTES = 32 * 1024 * 1024;

/** Packs items for transport: JSON lines, raw deflate, base64. */
export function packItems(items: readonly Item[]): string {
  return deflateRawSync(items.map((item) => JSON.stringify(item)).join('\n'), { level: 6 }).toString('base64');
}

/**
 * Unpacks a batch and validates each item.
 * @throws {Error} when the text is no batch, an item breaks the model, or it inflates to more than 32 MiB
 */
export function unpackItems(batch: string): Item[] {
  const lines = inflateRawSync(Buffer.from(batch, 'base64'), { maxOutputLength: MAX_INFLATED_BYTES }).toString('utf8');
  return lines === '' ? [] : lines.split('\n').map((line) => itemSchema.parse(JSON.parse(line)));
}
