import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { KillingGate, RunnerHarness } from '../../integrations/runner-harness.js';
import { type OfficeState, TokenOffice } from './token-office.js';

const WISH = { target: { kind: 'office', path: ['office'] }, permission: 'Enter' };

describe('an access that is an object of its own, in a system without a place for marks', () => {
  let office: TokenOffice;
  let runner: RunnerHarness<unknown, OfficeState>;
  beforeEach(() => {
    office = new TokenOffice();
    runner = new RunnerHarness(office.integration, { type: 'github', id: 'test' }, {});
  });
  afterEach(() => runner.stop());

  it('is recorded before it is made, so that whoever comes after a kill knows of it', async () => {
    const intent = await runner.plan(WISH);
    await expect(runner.apply(intent, { gate: new KillingGate(2) })).rejects.toThrow('killed');
    expect(office.living(intent.state.object)).toBe(0);
    const marks = await Promise.all((await runner.listMarked()).map(({ mark }) => runner.access().marks.read(mark)));
    expect(marks).toEqual([{ state: 'active', intent }]);
  });

  it('can be ended by a runner that did not make it, and leaves nothing', async () => {
    const { intent, applied } = await runner.grant(WISH);
    expect(office.tokens.get(intent.state.object)).toContain(applied.credential?.['token']);
    await runner.revert(intent);
    expect(office.living(intent.state.object)).toBe(0);
    expect(await runner.verify(intent)).toMatchObject({ proved: true });
    expect(await runner.ledgerEntries()).toHaveLength(1);
    runner.passApplyWindow(intent);
    await runner.revert(intent);
    expect(await runner.ledgerEntries()).toEqual([]);
  });

  it('made again, has one credential that counts: the last', async () => {
    const { intent, applied } = await runner.grant(WISH);
    const again = await runner.apply(intent);
    expect(again.credential).not.toEqual(applied.credential);
    expect([...(office.tokens.get(intent.state.object) ?? [])]).toEqual([again.credential?.['token']]);
  });

  it('made twice at once, hands out one credential and discards the other', async () => {
    const intent = await runner.plan(WISH);
    const both = await Promise.allSettled([runner.apply(intent), runner.apply(intent)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(office.living(intent.state.object)).toBe(1);
    await runner.revert(intent);
    expect(office.living(intent.state.object)).toBe(0);
  });

  it('goes again when it is revoked while it is made', async () => {
    const intent = await runner.plan(WISH);
    office.afterMake = async () => {
      office.afterMake = async () => undefined;
      await runner.revert(intent);
    };
    await expect(runner.apply(intent)).rejects.toMatchObject({ code: 'TASK_REJECTED' });
    expect(office.living(intent.state.object)).toBe(0);
    expect(await runner.verify(intent)).toMatchObject({ proved: true });
  });

  it('is refused where an object of the name is there that no record tells of, and never touches it', async () => {
    const intent = await runner.plan(WISH);
    office.tokens.set(intent.state.object, new Set(['of somebody else']));
    await expect(runner.apply(intent)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await runner.ledgerEntries()).toEqual([]);
    await runner.revert(intent);
    expect(office.living(intent.state.object)).toBe(1);
  });

  it('revoked before it was carried out, is never carried out', async () => {
    const intent = await runner.plan(WISH);
    expect(await runner.revert(intent)).toMatchObject({ actions: ['nothing was made'] });
    await expect(runner.apply(intent)).rejects.toMatchObject({ code: 'TASK_REJECTED' });
    expect(office.living(intent.state.object)).toBe(0);
  });

  it('is remembered as long as what was handed out lives on', async () => {
    office.keepUntil = runner.seconds + 3600;
    const { intent } = await runner.grant(WISH);
    runner.passApplyWindow(intent);
    await runner.revert(intent);
    expect(await runner.ledgerEntries()).toHaveLength(1);
    runner.seconds = office.keepUntil;
    await runner.revert(intent);
    expect(await runner.ledgerEntries()).toEqual([]);
  });

  it('lets its last extension stand, in the record and in the system', async () => {
    const { intent } = await runner.grant(WISH);
    const longer = { ...intent, expiresAt: intent.expiresAt + 600, extendedAt: 5 };
    await runner.extend(longer);
    expect(office.expiries.get(intent.state.object)).toBe(longer.expiresAt);
    await expect(runner.extend({ ...intent, extendedAt: 4 })).rejects.toMatchObject({ code: 'TASK_REJECTED' });
    await expect(runner.apply(intent)).rejects.toMatchObject({ code: 'TASK_REJECTED' });
    expect(office.expiries.get(intent.state.object)).toBe(longer.expiresAt);
  });

  it('keeps what ends it where nobody else can read it', async () => {
    const { intent, applied } = await runner.grant(WISH);
    const token = applied.credential?.['token'] ?? '';
    expect(JSON.stringify(await runner.listMarked())).not.toContain(token);
    expect(JSON.stringify(intent)).not.toContain(token);
  });
});
