import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { isNotFound, type JsonClient } from '../../integration-kit/http/json-client.js';
import type { SafePath } from '../../integration-kit/http/path.js';

/** Objects in one answer, where nobody asks for fewer. */
export const LARGEST_PIECE = 500;
/** How often a list is begun again because its token has expired. */
const STARTS = 3;

/** A list of objects. */
export interface List<T> {
  readonly path: SafePath;
  /** Of one object. */
  readonly schema: z.ZodType<T>;
  readonly labelSelector?: string;
}

/** A piece of a list. */
export interface Piece<T> {
  readonly objects: readonly T[];
  /** What asks for the next one; absent on the last. */
  readonly next: string | undefined;
}

/**
 * Reads one piece, https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
 * @returns `expired` where the token is older than what the cluster remembers (410)
 */
export async function readPiece<T>(
  api: JsonClient,
  { path, schema, labelSelector }: List<T>,
  token: string | undefined,
  limit: number,
): Promise<Piece<T> | 'expired'> {
  const pieceSchema = z.object({
    metadata: z.object({ continue: z.string().optional() }),
    items: z.array(schema).nullable(),
  });
  try {
    const { metadata, items } = await api.read({ path, query: { limit, continue: token, labelSelector }, schema: pieceSchema });
    return { objects: items ?? [], next: metadata.continue === '' ? undefined : metadata.continue };
  } catch (error) {
    if (token !== undefined && isNotFound(error)) return 'expired';
    throw error;
  }
}

/** Reads a whole list; begins again where it takes so long that its token expires. */
export async function readAll<T>(api: JsonClient, list: List<T>): Promise<T[]> {
  for (let start = 0; start < STARTS; start += 1) {
    const objects = await readThrough(api, list);
    if (objects !== 'expired') return objects;
  }
  throw new RunnerError('TARGET_UNREACHABLE', 'The list changes faster than it can be read.', { object: list.path });
}

async function readThrough<T>(api: JsonClient, list: List<T>): Promise<T[] | 'expired'> {
  const objects: T[] = [];
  for (let token: string | undefined; ; ) {
    const piece = await readPiece(api, list, token, LARGEST_PIECE);
    if (piece === 'expired') return piece;
    objects.push(...piece.objects);
    if (piece.next === undefined) return objects;
    token = piece.next;
  }
}
