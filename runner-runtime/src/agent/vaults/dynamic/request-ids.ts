import { createHash, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { PrivateFileError, privateFolder, readPrivateFile, writePrivateFile } from '../../../operations/private-file.js';

const FILE = 'dynamic.json';
const fileSchema = z.strictObject({ instance: z.string().regex(/^[0-9a-f]{32}$/) });

/** Ids of the accesses of one agent: `agent-<instance>-<life>-<random>`. */
export interface RequestIds {
  /** One that nobody can foretell. */
  next(): string;
  /** Whether an id is of this agent before its last start: then nobody knows the password any more. */
  isOfEarlierLife(requestId: string): boolean;
}

/**
 * Ids of the agent whose state folder it is. The instance is made once.
 * @param host part of the ids, so that a copy of the folder on another host does not end the accesses of the first
 * @throws {PrivateFileError} where the folder or the file is open to others or cannot be read
 */
export async function openRequestIds(stateFolder: string, host = hostname()): Promise<RequestIds> {
  const secret = await readInstance(join(await privateFolder(stateFolder), FILE));
  const instance = `agent-${createHash('sha256')
    .update(JSON.stringify([secret, host]))
    .digest('hex')
    .slice(0, 16)}-`;
  const life = `${instance}${randomBytes(8).toString('hex')}-`;
  return {
    next: () => life + randomBytes(16).toString('hex'),
    isOfEarlierLife: (requestId) => requestId.startsWith(instance) && !requestId.startsWith(life),
  };
}

/** A file that says nothing is written anew: then accesses of an earlier life end when they expire. */
async function readInstance(path: string): Promise<string> {
  try {
    const read = fileSchema.safeParse(jsonOf(await readPrivateFile(path)));
    if (read.success) return read.data.instance;
  } catch (error) {
    if (!(error instanceof PrivateFileError && error.reason === 'missing')) throw error;
  }
  const instance = randomBytes(16).toString('hex');
  await writePrivateFile(path, `${JSON.stringify({ instance })}\n`);
  return instance;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
