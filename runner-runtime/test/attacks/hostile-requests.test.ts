import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { recordStep } from '../../src/audit/step-record.js';
import { createLogger } from '../../src/operations/logger.js';
import { HOSTILE_NAMES } from '../integrations/postgresql/hostile-names.js';
import { INTEGRATION_USER, memberOf, Stage, TABLE_READ } from './stage.js';

const NEVER = ['pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program', INTEGRATION_USER, 'postgres', 'above'];

describe.each([18, 15] as const)('a requester on PostgreSQL %i', (major) => {
  jest.setTimeout(60_000);
  let stage: Stage;

  beforeAll(async () => {
    stage = await Stage.start(major);
    await stage.server.admin('postgres', 'CREATE ROLE above', `GRANT ${INTEGRATION_USER} TO above`);
    if (major === 18)
      await stage.server
        .admin('postgres', `GRANT pg_read_server_files, above TO ${INTEGRATION_USER} WITH ADMIN OPTION`)
        .catch(() => undefined);
  });
  afterEach(() => stage.leave());
  afterAll(() => stage?.stop());

  it.each(NEVER)('is not made a member of %s', async (role) => {
    await expect(stage.runner.plan(memberOf(role))).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });

  it('reaches the catalogue by no name', async () => {
    for (const target of [
      { kind: 'table', path: ['app', 'pg_catalog', 'pg_authid'] },
      { kind: 'schema', path: ['app', 'pg_toast'] },
      { kind: 'table', path: ['postgres', 'pg_catalog', 'pg_authid'] },
      { kind: 'view', path: ['app', 'information_schema', 'tables'] },
      { kind: 'table', path: ['app', 'sales', 'orders; GRANT ALL ON pg_authid'] },
      { kind: 'table', path: ['app', 'sales', ''] },
      { kind: 'table', path: ['app\0x', 'sales', 'orders'] },
      { kind: 'table', path: ['app options=-crole=app_owner', 'sales', 'orders'] },
      { kind: 'database', path: ['postgres://localhost/app'] },
    ]) {
      await expect(stage.runner.plan({ target, permission: 'Read' })).rejects.toMatchObject({
        code: expect.stringMatching(/^(UNSUPPORTED|TARGET_NOT_FOUND|TARGET_PERMISSION_DENIED)$/),
      });
    }
  });

  it('finds no permission in the prototype of anything', async () => {
    for (const permission of ['constructor', '__proto__', 'toString', 'Member', 'read', 'Read ', 'SELECT']) {
      await expect(stage.runner.plan({ ...TABLE_READ, permission })).rejects.toMatchObject({ code: 'PERMISSION_NOT_FOUND' });
    }
    for (const kind of ['constructor', '__proto__', 'sequence']) {
      await expect(stage.runner.plan({ target: { kind, path: ['app'] }, permission: 'Read' })).rejects.toMatchObject({
        code: 'UNSUPPORTED',
      });
    }
  });

  it('names no principal that must not have access', async () => {
    const { intent, user } = await stage.dispense(TABLE_READ);
    for (const id of [INTEGRATION_USER, 'postgres', 'pg_monitor', user, intent.state.memberOf]) {
      await expect(stage.runner.plan({ ...TABLE_READ, principal: { kind: 'role', id } })).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    }
    expect(await stage.end(intent)).toMatchObject({ proved: true });
  });

  it('ends access of a role that the runner stands in for', async () => {
    const { intent } = await stage.runner.grant({ ...TABLE_READ, principal: { kind: 'role', id: 'app_owner' } });
    await stage.runner.revert(intent);
    expect(await stage.runner.verify(intent)).toMatchObject({ proved: true });
    const [row] = await stage.server
      .admin('postgres', `SELECT pg_has_role('app_owner', '${intent.state.memberOf}', 'MEMBER') AS member`)
      .catch(() => [{ member: false }]);
    expect(row).toEqual({ member: false });
    expect(await stage.end(intent)).toMatchObject({ proved: true });
  });
});

describe('the log', () => {
  it('writes one line for one step, whatever a request says', () => {
    const lines: string[] = [];
    const log = createLogger({ write: (line) => lines.push(line) });
    const hostile = ['"}\n{"level":"info","message":"forged"}\n', '\u2028\r\n', '%s %o %j', '\u001b[2J', ...HOSTILE_NAMES];
    for (const text of hostile) {
      recordStep(log, {
        step: 'planAccess',
        requestId: 'request',
        runId: 'run',
        attempt: 1,
        subject: { target: { kind: 'table', path: [text] }, permission: text, principal: { kind: 'role', id: text }, justification: text },
        facts: { actions: [text] },
        durationMs: 1,
        error: undefined,
      });
    }
    expect(lines).toHaveLength(hostile.length);
    for (const [index, line] of lines.entries()) {
      expect(line.indexOf('\n')).toBe(line.length - 1);
      expect(JSON.parse(line)).toMatchObject({ level: 'info', message: 'planAccess succeeded', justification: hostile[index] });
      expect(line).not.toContain('\u001b');
    }
  });
});
