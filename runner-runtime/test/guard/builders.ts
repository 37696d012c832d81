import { audience, SCHEMA_VERSION, type Task, type TaskBody } from '@axiom-runner/protocol';
import type { Intent } from '../../src/integrations/intent.js';

export const GROUP = { tenantId: 'acme', runnerGroupId: 'group-1' };
export const SYSTEM = { type: 'postgresql', id: 'db.example.com' };
/** Unix seconds. */
export const NOW = 1_750_000_000;

export function aTask(task: TaskBody, changes: Partial<Task> = {}): Task {
  const { tenantId, runnerGroupId } = GROUP;
  return {
    schemaVersion: SCHEMA_VERSION,
    jti: 'request-1',
    aud: audience(tenantId, runnerGroupId),
    iat: NOW,
    exp: NOW + 300,
    task,
    ...changes,
  };
}

export const testConnection: TaskBody = { type: 'TestConnection', system: SYSTEM };

export function provision(changes: Partial<Extract<TaskBody, { type: 'ProvisionAccess' }>> = {}): TaskBody {
  return {
    type: 'ProvisionAccess',
    system: SYSTEM,
    target: { kind: 'table', path: ['app', 'public', 'orders'] },
    permission: 'read',
    justification: 'incident 42',
    durationSeconds: 3600,
    principal: { kind: 'role', id: 'alice' },
    ...changes,
  };
}

export function anIntent(changes: Partial<Intent> = {}): Intent {
  return {
    schemaVersion: SCHEMA_VERSION,
    requestId: 'request-1',
    ...GROUP,
    kind: 'provision',
    system: SYSTEM,
    target: { kind: 'table', path: ['app', 'public', 'orders'] },
    permission: 'read',
    principal: { kind: 'role', id: 'alice' },
    plannedAt: NOW,
    applyUntil: NOW + 600,
    expiresAt: NOW + 3600,
    state: { roles: ['one'] },
    ...changes,
  };
}
