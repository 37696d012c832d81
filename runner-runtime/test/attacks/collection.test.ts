import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { NOW, SYSTEM } from '../guard/builders.js';
import { AttackedRunner, attemptOf, Signer } from './hostile-control-plane.js';
import { Stage } from './stage.js';

/** Tickets and cursors travel through the control plane. */
describe('a page of a collection', () => {
  jest.setTimeout(60_000);
  let stage: Stage;
  let signer: Signer;

  beforeAll(async () => {
    stage = await Stage.start(18);
    signer = await Signer.create();
  });
  beforeEach(() => {
    AttackedRunner.seconds = NOW;
  });
  afterAll(() => stage?.stop());

  const aRunner = (...allowed: string[]) =>
    new AttackedRunner({
      signer,
      secrets: { 'axiom-security/postgresql/db.example.com': stage.server.secret() },
      ...(allowed.length > 0 && { allowed: allowed.map((system) => ({ system, permission: undefined })) }),
    });
  const admit = async (runner: AttackedRunner) => {
    const envelope = await signer.sign({ type: 'CollectData', system: SYSTEM }, 'scan');
    return { envelope, ticket: (await runner.reads.admitCollection(attemptOf('scan'), envelope)).ticket };
  };
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'done',
      (error: unknown) => (error instanceof Error && 'code' in error ? error.code : String(error)),
    );

  it('is read only for the request of its ticket, and only for a day', async () => {
    const runner = aRunner();
    const { envelope, ticket } = await admit(runner);
    expect(await codeOf(runner.reads.collectPage(attemptOf('scan'), envelope, ticket, undefined))).toBe('done');
    expect(await codeOf(runner.reads.collectPage(attemptOf('another'), envelope, ticket, undefined))).toBe('TASK_REJECTED');
    expect(await codeOf(runner.reads.collectPage(attemptOf('scan'), envelope, ticket.replace('ticket', 'intent'), undefined))).toBe(
      'TASK_REJECTED',
    );
    const another = await signer.sign({ type: 'CollectData', system: SYSTEM }, 'another');
    expect(await codeOf(runner.reads.collectPage(attemptOf('another'), another, ticket, undefined))).toBe('TASK_REJECTED');
    AttackedRunner.seconds = NOW + 86_400;
    expect(await codeOf(runner.reads.collectPage(attemptOf('scan'), envelope, ticket, undefined))).toBe('TASK_REJECTED');
  });

  it('is not read any more once the rules do not allow its system', async () => {
    const { envelope, ticket } = await admit(aRunner());
    expect(await codeOf(aRunner('postgresql/other.example.com').reads.collectPage(attemptOf('scan'), envelope, ticket, undefined))).toBe(
      'POLICY_DENIED',
    );
  });

  it.each([
    ['parameters of the connection', 'app\0options\0-c role=app_owner'],
    ['another user', 'app\0user\0app_owner'],
    ['a name that the server would cut', `app${' '.repeat(80)}`],
  ])('is not read with a cursor that carries %s', async (_, name) => {
    const runner = aRunner();
    const { envelope, ticket } = await admit(runner);
    const cursor = JSON.stringify({ stage: 'schemas', after: [0, -1], database: { oid: 1, name } });
    expect(await codeOf(runner.reads.collectPage(attemptOf('scan'), envelope, ticket, cursor))).toBe('TASK_REJECTED');
  });

  it.each([
    '{}',
    'no json',
    '{"stage":"rolesx","after":[0,-1]}',
    '{"stage":"roles","after":[1e99,-1]}',
    '{"stage":"roles","after":[0.5,0]}',
  ])('is refused, and not tried for hours, for the cursor %s', async (cursor) => {
    const runner = aRunner();
    const { envelope, ticket } = await admit(runner);
    expect(await codeOf(runner.reads.collectPage(attemptOf('scan'), envelope, ticket, cursor))).toBe('TASK_REJECTED');
  });
});
