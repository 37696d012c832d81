import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Result } from '@axiom-runner/protocol';
import { createHome, type Home, type HomeOptions } from '../../src/home/home.js';

const made: string[] = [];

/** A folder that {@link removeFolders} removes. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'axiom-control-plane-'));
  made.push(folder);
  return folder;
}

/** A home of tenant `acme` on a loopback address that nothing listens on, unless told otherwise. */
export async function temporaryHome(options: HomeOptions = {}): Promise<Home> {
  return createHome(join(await temporaryFolder(), 'home'), { tenantId: 'acme', address: '127.0.0.1:9', tls: 'off', ...options });
}

export async function removeFolders(): Promise<void> {
  await Promise.all(made.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
}

/** A valid result of stage `tested`; `sequence` makes it another one. */
export function testedResult(groupId: string, requestId: string, sequence = 0): Result {
  return {
    schemaVersion: 1,
    resultId: `${requestId}/run/${sequence}`,
    requestId,
    tenantId: 'acme',
    runnerGroupId: groupId,
    type: 'TestConnection',
    stage: 'tested',
    checks: [{ name: 'connect', outcome: 'ok', detail: 'connected' }],
  };
}
