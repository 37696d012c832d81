import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { DEFAULT_CONTROL_PLANE_ADDRESS, DEFAULT_RESULT_ACTIVITY_NAME, DEFAULT_RESULT_TASK_QUEUE } from '../../../contract/environment.js';
import { configError, usageError } from '../errors.js';
import { makePrivateFolder, readJson, writeJson } from './files.js';
import { Journal } from './journal.js';
import { withLock } from './lock.js';
import { ResultStore } from './result-store.js';
import { type RequestRecord, requestRecordSchema, type Settings, STATE_VERSION, settingsSchema } from './state.js';

/** State folder when neither an option nor AXIOM_HOME names one. */
export const DEFAULT_HOME = '.axiom';

/** What may be chosen when a home is made; each has a default. */
export interface HomeOptions {
  /** @default a generated id */
  readonly tenantId?: string | undefined;
  /** Temporal namespace. @default the tenant id */
  readonly namespace?: string | undefined;
  /** `host:port` of the Temporal frontend. @default the published platform's */
  readonly address?: string | undefined;
  /** `off` is for loopback addresses only. @default on */
  readonly tls?: 'on' | 'off' | undefined;
  /** PEM file of a private CA. */
  readonly caFile?: string | undefined;
  /** PEM files of a client certificate and its key (mutual TLS). */
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly resultTaskQueue?: string | undefined;
  readonly resultActivityName?: string | undefined;
}

/** The state of one tenant's control plane: a folder of mode 0700 with files of mode 0600. */
export interface Home {
  readonly folder: string;
  readonly settings: Settings;
  readonly results: ResultStore;
  readonly requests: Journal<RequestRecord>;
}

/** Makes a home for a tenant. @throws {ControlPlaneError} when there is one already, or an option is malformed */
export async function createHome(folder: string, options: HomeOptions = {}): Promise<Home> {
  const path = resolve(folder);
  const { tenantId = `tenant-${randomBytes(6).toString('hex')}`, address = DEFAULT_CONTROL_PLANE_ADDRESS, tls = 'on', ...rest } = options;
  const settings = settingsSchema.safeParse({
    schemaVersion: STATE_VERSION,
    tenantId,
    address,
    tls,
    ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)),
    resultTaskQueue: options.resultTaskQueue ?? DEFAULT_RESULT_TASK_QUEUE,
    resultActivityName: options.resultActivityName ?? DEFAULT_RESULT_ACTIVITY_NAME,
    createdAt: new Date().toISOString(),
  });
  if (!settings.success) {
    const faults = settings.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw usageError(`The settings of the control plane are malformed: ${faults.join('; ')}.`, 'correct the named settings');
  }
  await makePrivateFolder(path);
  await withLock(lockFile(path), async () => {
    if ((await readJson(settingsFile(path), settingsSchema)) !== undefined) {
      throw usageError(`${path} holds a control plane already.`, 'use it, or name another folder with --home');
    }
    await writeJson(settingsFile(path), settings.data);
  });
  return home(path, settings.data);
}

/** Opens a home. @throws {ControlPlaneError} when there is none */
export async function openHome(folder: string): Promise<Home> {
  const path = resolve(folder);
  const settings = await readJson(settingsFile(path), settingsSchema);
  if (settings === undefined) {
    throw configError(
      `There is no control plane in ${path}.`,
      'make one with "axiomctl group create --name <name>", or name its folder with --home or AXIOM_HOME',
    );
  }
  return home(path, settings);
}

/** Opens a home, or makes it when there is none. */
export async function openOrCreateHome(folder: string, options: HomeOptions = {}): Promise<Home> {
  const path = resolve(folder);
  const settings = await readJson(settingsFile(path), settingsSchema);
  return settings === undefined ? createHome(path, options) : home(path, settings);
}

/** Temporal namespace of the tenant. */
export function namespaceOf({ settings }: Pick<Home, 'settings'>): string {
  return settings.namespace ?? settings.tenantId;
}

/** Reads, changes and writes something of the home while no other process does. */
export function exclusively<T>({ folder }: Pick<Home, 'folder'>, change: () => Promise<T>): Promise<T> {
  return withLock(lockFile(folder), change);
}

function home(folder: string, settings: Settings): Home {
  return {
    folder,
    settings,
    results: new ResultStore(join(folder, 'results')),
    requests: new Journal<RequestRecord>(
      join(folder, 'requests.jsonl'),
      requestRecordSchema,
      (record) => `${record.kind}/${record.requestId}`,
    ),
  };
}

function settingsFile(folder: string): string {
  return join(folder, 'control-plane.json');
}

function lockFile(folder: string): string {
  return join(folder, 'lock');
}
