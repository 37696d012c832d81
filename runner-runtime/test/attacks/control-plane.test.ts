import type { TaskBody } from '@axiom-runner/protocol';
import { openCredential } from '@axiom-runner/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { NOW, SYSTEM } from '../guard/builders.js';
import { AttackedRunner, attemptOf, HOUR, newRecipient, Signer } from './hostile-control-plane.js';
import { Stage, TABLE_READ } from './stage.js';

/** A control plane, or whoever operates its server, calls activities in its own order with what it has seen. */
describe('what a control plane cannot do with documents that it has seen', () => {
  jest.setTimeout(60_000);
  let stage: Stage;
  let signer: Signer;
  let requests = 0;

  beforeAll(async () => {
    stage = await Stage.start(18);
    signer = await Signer.create();
  });
  beforeEach(() => {
    AttackedRunner.seconds = NOW;
    requests += 1;
  });
  afterAll(() => stage?.stop());

  const aRunner = (options: { clockOffset?: number; allowed?: { system: string; permission: string | undefined }[] } = {}) =>
    new AttackedRunner({ signer, secrets: { 'axiom-security/postgresql/db.example.com': stage.server.secret() }, ...options });

  async function provision(durationSeconds = HOUR) {
    const principal = await stage.server.newPrincipal();
    const task: TaskBody = { type: 'ProvisionAccess', system: SYSTEM, ...TABLE_READ, justification: 'attack', durationSeconds, principal };
    const requestId = `request-${requests}`;
    return { requestId, principal, task, envelope: await signer.sign(task, requestId) };
  }
  const extension = (requestId: string, expiresAt: number, iat: number) =>
    signer.sign({ type: 'ExtendAccess', accessRequestId: requestId, system: SYSTEM, expiresAt }, `${requestId}-extension-${iat}`, iat);

  /** The end that the mark of the access tells the reaper. */
  async function endInMark(runner: AttackedRunner, sealedIntent: string, requestId: string): Promise<number | undefined> {
    const { system, state } = runner.documents.openIntent(sealedIntent, requestId);
    return runner.systems.open(system, attemptOf(requestId).gate, new AbortController().signal, async (integration, access) => {
      const { role } = integration.stateSchema.parse(state) as { role: string };
      const found = (await integration.listMarked(access)).find(({ object }) => object === role);
      const mark = found === undefined ? undefined : await access.marks.read(found.mark);
      return mark?.intent.expiresAt;
    });
  }
  const tried = (work: Promise<unknown>) =>
    work.then(
      () => 'done',
      (error: unknown) => (error instanceof Error && 'code' in error ? error.code : String(error)),
    );

  it('make an access last longer by planning it anew', async () => {
    const runner = aRunner();
    const { requestId, envelope } = await provision(60);
    const attempt = attemptOf(requestId);
    const first = await runner.access.plan(attempt, envelope);
    await runner.access.apply(attempt, envelope, first.intent);
    AttackedRunner.seconds = NOW + 590;
    const second = await runner.access.plan(attempt, envelope).catch(() => undefined);
    if (second !== undefined) await tried(runner.access.apply(attempt, envelope, second.intent));
    expect(await endInMark(runner, first.intent, requestId)).toBe(first.access.expiresAt);
    await runner.access.revert(attempt, first.intent);
  });

  it('undo an end that was brought forward, by applying the first intent again', async () => {
    const runner = aRunner();
    const { requestId, envelope } = await provision(8 * HOUR);
    const attempt = attemptOf(requestId);
    const { intent } = await runner.access.plan(attempt, envelope);
    await runner.access.apply(attempt, envelope, intent);
    await runner.access.extend(attempt, await extension(requestId, NOW + 120, NOW), intent);
    await tried(runner.access.apply(attempt, envelope, intent));
    expect(await endInMark(runner, intent, requestId)).toBe(NOW + 120);
    await runner.access.revert(attempt, intent);
  });

  it('undo an end that was brought forward, by sending an older extension again', async () => {
    const runner = aRunner();
    const { requestId, envelope } = await provision();
    const attempt = attemptOf(requestId);
    const { intent } = await runner.access.plan(attempt, envelope);
    await runner.access.apply(attempt, envelope, intent);
    const later = await extension(requestId, NOW + 8 * HOUR, NOW);
    await runner.access.extend(attempt, later, intent);
    AttackedRunner.seconds = NOW + 60;
    await runner.access.extend(attempt, await extension(requestId, NOW + 120, NOW + 60), intent);
    await tried(runner.access.extend(attempt, later, intent));
    expect(await endInMark(runner, intent, requestId)).toBe(NOW + 120);
    await runner.access.revert(attempt, intent);
  });

  it('give an access again that was revoked: neither at once, nor by a new plan, nor by an extension', async () => {
    const runner = aRunner();
    const { requestId, envelope, principal } = await provision();
    const attempt = attemptOf(requestId);
    const { intent } = await runner.access.plan(attempt, envelope);
    await runner.access.apply(attempt, envelope, intent);
    await runner.access.revert(attempt, intent);
    const again = await runner.access.plan(attempt, envelope);
    expect(await tried(runner.access.apply(attempt, envelope, intent))).toBe('TASK_REJECTED');
    expect(await tried(runner.access.apply(attempt, envelope, again.intent))).toBe('TASK_REJECTED');
    expect(await tried(runner.access.extend(attempt, await extension(requestId, NOW + 2 * HOUR, NOW), intent))).toBe('TARGET_NOT_FOUND');
    AttackedRunner.seconds = NOW + 600;
    await runner.access.revert(attempt, intent);
    expect(await tried(runner.access.plan(attempt, envelope))).toBe('TASK_REJECTED');
    expect(await tried(runner.access.apply(attempt, envelope, intent))).toBe('TASK_REJECTED');
    expect(await stage.server.may(principal.id, 'password of people', 'app', 'SELECT 1')).toBe(false);
  });

  it('give an access again that was revoked, through a runner whose clock is behind', async () => {
    const [ahead, behind] = [aRunner({ clockOffset: 120 }), aRunner({ clockOffset: -120 })];
    const { requestId, envelope } = await provision();
    const attempt = attemptOf(requestId);
    const { intent } = await ahead.access.plan(attempt, envelope);
    await ahead.access.apply(attempt, envelope, intent);
    AttackedRunner.seconds = NOW + 500;
    await ahead.access.revert(attempt, intent);
    const outcome = await tried(behind.access.apply(attempt, envelope, intent));
    AttackedRunner.seconds = NOW + 2000;
    await behind.access.revert(attempt, intent);
    expect(outcome).toBe('TASK_REJECTED');
  });

  it('apply what was planned for another task, under another id, or after its time', async () => {
    const runner = aRunner();
    const { requestId, envelope, task } = await provision();
    const attempt = attemptOf(requestId);
    const { intent } = await runner.access.plan(attempt, envelope);
    const other = await signer.sign(task, `${requestId}-other`);
    expect(await tried(runner.access.apply(attempt, other, intent))).toBe('TASK_REJECTED');
    expect(await tried(runner.access.apply(attemptOf(`${requestId}-other`), other, intent))).toBe('TASK_REJECTED');
    for (const changes of [{ permission: 'Admin' }, { durationSeconds: 60 }, { target: { kind: 'schema', path: ['app', 'sales'] } }]) {
      const changed = await signer.sign({ ...task, ...changes } as TaskBody, requestId);
      expect(await tried(runner.access.apply(attempt, changed, intent))).toBe('TASK_REJECTED');
    }
    expect(await tried(runner.access.revert(attemptOf('somebody-else'), intent))).toBe('TASK_REJECTED');
    expect(await tried(runner.access.revert(attempt, intent.replace(/^intent/, 'active')))).toBe('TASK_REJECTED');
    AttackedRunner.seconds = NOW + 600;
    expect(await tried(runner.access.apply(attempt, envelope, intent))).toBe('TASK_REJECTED');
  });

  it('have a credential sealed to anybody but the signed recipient', async () => {
    const runner = aRunner();
    const [meant, thief] = [await newRecipient(), await newRecipient()];
    const body = { type: 'DispenseCredential', system: SYSTEM, ...TABLE_READ, justification: 'attack', durationSeconds: HOUR } as const;
    const requestId = `request-${requests}`;
    const attempt = attemptOf(requestId);
    const envelope = await signer.sign({ ...body, recipient: { jwk: meant.jwk } }, requestId);
    const { intent } = await runner.access.plan(attempt, envelope);
    const forged = { ...envelope, task: { ...body, recipient: { jwk: thief.jwk } } };
    expect(await tried(runner.access.apply(attempt, forged, intent))).toBe('TASK_REJECTED');
    const { sealedCredential = '' } = await runner.access.apply(attempt, envelope, intent);
    await expect(openCredential(sealedCredential, thief.privateJwk)).rejects.toThrow();
    expect((await openCredential(sealedCredential, meant.privateJwk)).requestId).toBe(requestId);
    await runner.access.revert(attempt, intent);
  });
});
