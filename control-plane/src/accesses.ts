import type { Evidence, Principal, Result, System, Target, TaskError } from '@axiom-runner/protocol';
import { failedError } from './errors.js';
import { readGroups } from './groups.js';
import type { Home } from './home/home.js';
import { inOrder } from './home/result-store.js';
import type { RequestRecord, StoredResult } from './home/state.js';

/** Where an access stands, as far as results have arrived. `overdue`: its end has come and could not be carried out yet. */
export type AccessState = 'requested' | 'granted' | 'overdue' | 'revoked' | 'failed' | 'refused';

/** One access: what was asked for, what runners reported, and the proof of its end. */
export interface AccessRecord {
  readonly requestId: string;
  readonly groupId: string;
  /** `ProvisionAccess` or `DispenseCredential`. */
  readonly type: string;
  readonly state: AccessState;
  readonly system?: System | undefined;
  readonly target?: Target | undefined;
  readonly principal?: Principal | undefined;
  readonly permission?: string | undefined;
  readonly justification?: string | undefined;
  readonly requestedBy?: string | undefined;
  readonly requestedAt?: string | undefined;
  /** End of the access, unix seconds. */
  readonly expiresAt?: number | undefined;
  /** Why it ended. */
  readonly cause?: string | undefined;
  /** What the runner read back afterwards; `proved` says whether the access is certainly gone. */
  readonly evidence?: Evidence | undefined;
  readonly error?: TaskError | undefined;
}

/** Something that happened to an access. */
export interface AccessEvent {
  /** ISO time: of the request on this side, or of the result's arrival. */
  readonly at: string;
  readonly event: string;
  readonly detail: string;
}

/** An access and its timeline. */
export interface AccessHistory {
  readonly access: AccessRecord;
  readonly events: readonly AccessEvent[];
}

type TaskRecord = Extract<RequestRecord, { kind: 'task' }>;

/** All accesses, oldest first; of one group when it is given. */
export async function listAccesses(home: Home, groupId?: string): Promise<AccessRecord[]> {
  const requests = (await home.requests.read()).entries;
  const groups = groupId === undefined ? (await readGroups(home)).map(({ id }) => id) : [groupId];
  const accesses: AccessRecord[] = [];
  for (const id of groups) {
    const results = byRequest((await home.results.read(id)).entries);
    const asked = requests.filter(
      (record): record is TaskRecord => record.kind === 'task' && record.groupId === id && isAccessTask(record),
    );
    const unknown = [...results.keys()].filter(
      (requestId) => !asked.some((record) => record.requestId === requestId) && isAccess(results.get(requestId)),
    );
    for (const requestId of [...asked.map((record) => record.requestId), ...unknown]) {
      accesses.push(accessOf(id, requestId, requests, inOrder(results.get(requestId) ?? [])));
    }
  }
  return accesses.sort((one, other) => (one.requestedAt ?? '').localeCompare(other.requestedAt ?? ''));
}

/** One access with its timeline. @throws {ControlPlaneError} when there is none of that id */
export async function accessHistory(home: Home, requestId: string): Promise<AccessHistory> {
  const access = (await listAccesses(home)).find((record) => record.requestId === requestId);
  if (access === undefined) throw failedError(`There is no access ${requestId}.`, 'see "axiomctl access list"');
  const requests = (await home.requests.read()).entries;
  const results = await home.results.ofRequest(access.groupId, requestId);
  const events = [...requests.flatMap((record) => requestEvent(record, requestId)), ...results.map(resultEvent)];
  return { access, events: events.sort((one, other) => one.at.localeCompare(other.at)) };
}

function byRequest(entries: readonly StoredResult[]): Map<string, StoredResult[]> {
  const groups = new Map<string, StoredResult[]>();
  for (const entry of entries) {
    const group = groups.get(entry.result.requestId);
    if (group === undefined) groups.set(entry.result.requestId, [entry]);
    else group.push(entry);
  }
  return groups;
}

function accessOf(groupId: string, requestId: string, requests: readonly RequestRecord[], results: readonly StoredResult[]): AccessRecord {
  const asked = requests.find((record): record is TaskRecord => record.kind === 'task' && record.requestId === requestId);
  const refused = requests.find((record) => record.kind === 'refused' && record.requestId === requestId);
  const task = asked?.task;
  let access: AccessRecord = {
    requestId,
    groupId,
    type: task?.type ?? results[0]?.result.type ?? '',
    state: refused === undefined || results.length > 0 ? 'requested' : 'refused',
    requestedBy: asked?.by,
    requestedAt: asked?.at ?? results[0]?.receivedAt,
  };
  if (task?.type === 'ProvisionAccess') access = { ...access, principal: task.principal };
  if (task?.type === 'ProvisionAccess' || task?.type === 'DispenseCredential') {
    const { system, target, permission, justification } = task;
    access = { ...access, system, target, permission, justification };
  }
  return results.reduce((current, { result }) => after(current, result), access);
}

function after(access: AccessRecord, result: Result): AccessRecord {
  const known = { ...access, ...(result.system === undefined ? {} : { system: result.system }), ...described(result) };
  switch (result.stage) {
    case 'granted':
    case 'extended':
      return { ...known, state: 'granted' };
    case 'revocation_overdue':
      return { ...known, state: 'overdue', error: result.error };
    case 'revoked':
      return { ...known, state: 'revoked', cause: result.cause, evidence: result.evidence, error: result.error };
    case 'failed':
      return { ...known, state: 'failed', error: result.error };
    default:
      return known;
  }
}

function described(result: Result): Partial<AccessRecord> {
  if (!('access' in result) || result.access === undefined) return {};
  const { target, principal, permission, expiresAt } = result.access;
  return { target, principal, permission, expiresAt };
}

function isAccessTask({ task }: TaskRecord): boolean {
  return task.type === 'ProvisionAccess' || task.type === 'DispenseCredential';
}

function isAccess(results: readonly StoredResult[] | undefined): boolean {
  return results?.some(({ result }) => ['granted', 'extended', 'revocation_overdue', 'revoked'].includes(result.stage)) ?? false;
}

function requestEvent(record: RequestRecord, requestId: string): AccessEvent[] {
  const { at } = record;
  if (record.kind === 'revoke') {
    return record.accessRequestId === requestId ? [{ at, event: 'revocation asked for', detail: `by ${record.by}` }] : [];
  }
  if (record.kind === 'refused') {
    return record.requestId === requestId ? [{ at, event: 'refused by the server', detail: record.reason }] : [];
  }
  if (record.requestId === requestId) return [{ at, event: 'asked for', detail: `by ${record.by}` }];
  if (record.task.type !== 'ExtendAccess' || record.task.accessRequestId !== requestId) return [];
  return [{ at, event: 'extension asked for', detail: `by ${record.by}, until ${isoSeconds(record.task.expiresAt)}` }];
}

function resultEvent({ receivedAt: at, result }: StoredResult): AccessEvent {
  switch (result.stage) {
    case 'granted':
    case 'extended':
      return { at, event: result.stage, detail: `until ${isoSeconds(result.access.expiresAt)}` };
    case 'revoked': {
      const proof = result.evidence.proved ? 'proved' : 'NOT PROVED';
      const answers = result.evidence.observations.map(({ question, answer }) => `${question}: ${answer}`);
      return { at, event: 'revoked', detail: [result.cause, proof, ...result.evidence.actions, ...answers].join('; ') };
    }
    case 'revocation_overdue':
    case 'failed':
      return { at, event: result.stage.replace('_', ' '), detail: `${result.error.code}: ${result.error.message}` };
    default:
      return { at, event: result.stage, detail: '' };
  }
}

/** Unix seconds as UTC in whole seconds. */
export function isoSeconds(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}
