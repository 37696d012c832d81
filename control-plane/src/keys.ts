import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JSONWebKeySet, type JWK } from 'jose';
import { failedError } from './errors.js';
import { readJson, writeJson } from './home/files.js';
import { exclusively, type Home } from './home/home.js';
import { type KeysFile, keysFileSchema, STATE_VERSION } from './home/state.js';

/** A key of the control plane, without its private part. */
export interface KeyDescription {
  readonly kid: string;
  /** `task`: signs tasks; `operator`: signs the control plane's own API keys. */
  readonly use: 'task' | 'operator';
  readonly alg: string;
  /** Whether new signatures are made with it; otherwise it is only published until it is retired. */
  readonly active: boolean;
  readonly createdAt: string;
}

/** Private key that signs tasks. */
export async function taskSigningKey(home: Home): Promise<JWK> {
  const [key] = (await loadKeys(home)).tasks;
  if (key === undefined) throw new Error('the schema of keys.json wants a task key');
  return key.jwk;
}

/** Private key that signs the control plane's own API keys. */
export async function operatorKey(home: Home): Promise<JWK> {
  return (await loadKeys(home)).operator.jwk;
}

/** What runners verify tasks with: the value of AXIOM_TASK_VERIFICATION_KEY. */
export async function verificationKeySet(home: Home): Promise<JSONWebKeySet> {
  return { keys: (await loadKeys(home)).tasks.map(({ jwk }) => publicPart(jwk)) };
}

export async function listKeys(home: Home): Promise<KeyDescription[]> {
  const { tasks, operator } = await loadKeys(home);
  return [
    ...tasks.map(({ jwk, createdAt }, index) => ({ kid: jwk.kid, use: 'task' as const, alg: jwk.alg, active: index === 0, createdAt })),
    { kid: operator.jwk.kid, use: 'operator', alg: operator.jwk.alg, active: true, createdAt: operator.createdAt },
  ];
}

/** Makes a new key for tasks, which is published with the others but does not sign before it is activated. @returns its kid */
export async function addTaskKey(home: Home): Promise<string> {
  const jwk = await newKey('EdDSA');
  await changeKeys(home, (keys) => ({ ...keys, tasks: [...keys.tasks, { jwk, createdAt: new Date().toISOString() }] }));
  return jwk.kid;
}

/** Lets a key sign the tasks from now on; the others stay published. @throws {ControlPlaneError} when there is none of that kid */
export async function activateTaskKey(home: Home, kid: string): Promise<void> {
  await changeKeys(home, (keys) => {
    const chosen = keys.tasks.filter(({ jwk }) => jwk.kid === kid);
    if (chosen.length === 0) throw failedError(`There is no task key ${kid}.`, 'see "axiomctl keys list"');
    return { ...keys, tasks: [...chosen, ...keys.tasks.filter(({ jwk }) => jwk.kid !== kid)] };
  });
}

/** Removes an old key for tasks. @throws {ControlPlaneError} when there is none of that kid, or it is the one that signs */
export async function retireTaskKey(home: Home, kid: string): Promise<void> {
  await changeKeys(home, (keys) => {
    const index = keys.tasks.findIndex(({ jwk }) => jwk.kid === kid);
    if (index < 0) throw failedError(`There is no task key ${kid}.`, 'see "axiomctl keys list"');
    if (index === 0)
      throw failedError(`Task key ${kid} signs the tasks.`, 'let another one sign first: axiomctl keys add, then keys activate');
    return { ...keys, tasks: keys.tasks.filter(({ jwk }) => jwk.kid !== kid) };
  });
}

/** Public half of a signing key, by an explicit list of members, so that no private one slips through. */
export function publicPart(jwk: JWK): JWK {
  const { kty, crv, x, y, kid, alg } = jwk;
  return Object.fromEntries(
    Object.entries({ kty, crv, x, y, kid, alg, use: 'sig' }).filter(([, value]) => value !== undefined),
  ) as unknown as JWK; // the members of a JWK, minus those that are undefined
}

/** Makes a key pair whose kid is its thumbprint (RFC 7638). */
export async function newKey(alg: 'EdDSA' | 'ES256'): Promise<JWK & { kid: string; alg: string; d: string; kty: string }> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(privateKey);
  const { kty, d } = jwk;
  if (kty === undefined || d === undefined) throw new Error('the key pair was not exported');
  return { ...jwk, kty, d, alg, kid: await calculateJwkThumbprint(jwk, 'sha256') };
}

async function loadKeys(home: Home): Promise<KeysFile> {
  const keys = await readJson(keysFile(home), keysFileSchema);
  if (keys !== undefined) return keys;
  return exclusively(home, async () => {
    const made = await readJson(keysFile(home), keysFileSchema);
    if (made !== undefined) return made;
    const createdAt = new Date().toISOString();
    const first: KeysFile = {
      schemaVersion: STATE_VERSION,
      tasks: [{ jwk: await newKey('EdDSA'), createdAt }],
      operator: { jwk: await newKey('ES256'), createdAt },
    };
    await writeJson(keysFile(home), first);
    return first;
  });
}

async function changeKeys(home: Home, change: (keys: KeysFile) => KeysFile): Promise<void> {
  await loadKeys(home); // makes the first keys
  await exclusively(home, async () => {
    const keys = await readJson(keysFile(home), keysFileSchema);
    if (keys !== undefined) await writeJson(keysFile(home), change(keys));
  });
}

function keysFile({ folder }: Home): string {
  return join(folder, 'keys.json');
}
