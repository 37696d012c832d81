import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as nextLook } from 'node:timers/promises';
import { type AwsEmulator, startAwsEmulator } from '@axiom-runner/local-servers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startAgent } from '../../../src/agent/agent.js';
import { newToken, tokenDigest } from '../../../src/agent/applications/token.js';
import { agentSettingsSchema } from '../../../src/agent/config/agent-settings.js';
import type { AuditRecord } from '../../../src/audit/trail/audit-trail.js';
import { readRecords } from '../../../src/audit/trail/records.js';
import { verifyTrail } from '../../../src/audit/trail/verify-trail.js';
import { Redactor } from '../../../src/guard/redaction.js';
import { asRoot } from '../../secrets/aws-account.js';
import { leaveAws, useAws } from '../../support/aws-environment.js';
import { EmulatedQueue } from './emulated-queue.js';
import { MemoryLog, NETWORK } from './support.js';

const ROTATIONS = 100;
const CLIENTS = 4;
const NAME = 'axiom/db-production';

describe('an agent while its secret is rotated a hundred times', () => {
  const token = newToken();
  const log = new MemoryLog();
  const connections = new Agent({ keepAlive: true });
  let emulator: AwsEmulator;
  let queue: EmulatedQueue;
  let folder: string;
  let agent: Awaited<ReturnType<typeof startAgent>>;

  beforeAll(async () => {
    emulator = await startAwsEmulator();
    useAws(emulator.environment);
    queue = await EmulatedQueue.create(emulator, 'agent');
    await queue.followSecrets(emulator);
    await asRoot(emulator, 'CreateSecret', { Name: NAME, SecretString: secretText(0) });
    folder = await mkdtemp(join(tmpdir(), 'axiom-agent-'));
    const settings = agentSettingsSchema.parse({
      listen: { address: '127.0.0.1:0' },
      vault: { type: 'aws-secrets-manager', prefix: 'axiom/', describe: false },
      secrets: { 'db-production': {} },
      applications: { billing: { allow: ['db-production'], token_sha256: tokenDigest(token) } },
      rotation: {
        events: { queue_url: queue.url },
        hooks: [{ name: 'web', secrets: ['db-production'], file: { path: join(folder, 'password'), template: '<{{password}}>' } }],
      },
    });
    agent = await startAgent({ settings, stateFolder: join(folder, 'state'), network: NETWORK, redactor: new Redactor(), log });
  }, 60_000);
  afterAll(async () => {
    connections.destroy();
    await agent.close();
    await queue.delete();
    rmSync(folder, { recursive: true, force: true });
    leaveAws();
    await emulator.stop();
  }, 60_000);

  it('answers every request, never with an older value than one that was answered before, and keeps its file whole', async () => {
    /** The newest value that any answer held. */
    let newest = 0;
    let answers = 0;
    let done = false;
    const faults: string[] = [];
    const seen = new Set<number>();
    const client = async () => {
      while (!done) {
        const asked = newest;
        const { status, body } = await ask();
        const value = status === 200 ? numberIn(body) : Number.NaN;
        if (status !== 200) faults.push(`${status} ${body}`);
        else if (!(value >= asked)) faults.push(`stale: ${value} after ${asked}`);
        seen.add(value);
        newest = Math.max(newest, value);
        answers += 1;
      }
    };
    const reader = async () => {
      for (let last = 0; !done; await nextLook(1)) {
        const text = readFileSync(join(folder, 'password'), 'utf8');
        const value = /^<password-\d+>$/.test(text) ? numberIn(text) : Number.NaN;
        if (!(value >= last)) faults.push(`file: "${text}" after ${last}`);
        last = value;
      }
    };
    while (fileNumber() !== 0) await nextLook(10);
    const all = Promise.all([...Array.from({ length: CLIENTS }, client), reader()]);
    while (answers < CLIENTS && faults.length === 0) await nextLook(2);
    for (let value = 1; value <= ROTATIONS; value += 1) {
      await asRoot(emulator, 'PutSecretValue', { SecretId: NAME, SecretString: secretText(value) });
      while ((newest < value || fileNumber() !== value) && faults.length === 0) await nextLook(2);
    }
    done = true;
    await all;
    expect(faults).toEqual([]);
    expect(newest).toBe(ROTATIONS);
    expect(seen.size).toBe(ROTATIONS + 1);
    expect(answers).toBeGreaterThan(ROTATIONS);
    const records = await audited();
    expect(await verifyTrail(join(folder, 'state', 'audit'))).toMatchObject({ faultCount: 0 });
    const rotations = records.filter(({ action }) => action === 'rotate');
    expect(rotations).toHaveLength(ROTATIONS);
    expect(new Set(rotations.map(({ version }) => version)).size).toBe(ROTATIONS);
    const deliveries = records.filter(({ action, application }) => action === 'deliver' && application === 'hook:web');
    expect(deliveries).toHaveLength(ROTATIONS + 1);
    expect(log.text).not.toContain('password-');
  }, 240_000);

  const ask = () =>
    new Promise<{ status: number; body: string }>((resolve) => {
      const headers = { authorization: `Bearer ${token}` };
      const [address = ''] = agent.addresses;
      const request = get(`${address}/secret/db-production`, { agent: connections, headers }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          body += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      });
      request.on('error', ({ message }) => resolve({ status: 0, body: message }));
    });
  const fileNumber = () => {
    try {
      return numberIn(readFileSync(join(folder, 'password'), 'utf8'));
    } catch {
      return undefined;
    }
  };
  const audited = async () => {
    const records: AuditRecord[] = [];
    for await (const some of readRecords(join(folder, 'state', 'audit'))) records.push(...some.map(({ record }) => record));
    return records;
  };
});

function secretText(value: number): string {
  return JSON.stringify({ username: 'app', password: `password-${value}` });
}

function numberIn(text: string): number {
  return Number(/password-(\d+)/.exec(text)?.[1] ?? Number.NaN);
}
