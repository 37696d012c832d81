import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { github } from '../../../src/integrations/github/integration.js';
import { ALL_PERMISSIONS } from '../../support/fake-vendor/github/github.js';
import { type Bench, end, startBench } from './bench.js';
import { repositoryTarget } from './organization.js';

const wish = { target: repositoryTarget('payments'), permission: 'Read' };

describe('a token', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await startBench();
    bench.organization.world.addRepository('website');
  });
  afterEach(() => bench.stop());

  const opens = (credential: Readonly<Record<string, string>> | undefined, other: object = {}) =>
    bench.organization.opens(credential?.['token'] ?? '', { ...wish, ...other });

  it('opens its repository as far as asked for, and no other, until it is revoked', async () => {
    const { intent, applied } = await bench.runner.grant(wish);
    expect(applied.credential).toMatchObject({ repository: 'example-org/payments' });
    expect(await opens(applied.credential)).toBe(true);
    expect(await opens(applied.credential, { permission: 'Write' })).toBe(false);
    expect(await opens(applied.credential, { target: repositoryTarget('website') })).toBe(false);
    expect(await bench.runner.verify(intent)).toMatchObject({ proved: false });
    await end(bench, intent);
    expect(await opens(applied.credential)).toBe(false);
  });

  it('that was asked for again is revoked when the next is made', async () => {
    const { intent, applied } = await bench.runner.grant(wish);
    const again = await bench.runner.apply(intent);
    expect(await opens(applied.credential)).toBe(false);
    expect(await opens(again.credential)).toBe(true);
    await end(bench, intent);
  });

  it('ends after an hour, which is said where the access is longer, and can be extended within it only', async () => {
    const intent = await bench.runner.plan(wish);
    const { actions, credential } = await bench.runner.apply({ ...intent, expiresAt: intent.expiresAt + 7200 });
    expect(actions).toContainEqual(expect.stringContaining('before the end of the access'));
    await expect(bench.runner.extend({ ...intent, expiresAt: intent.expiresAt + 9000, extendedAt: 1 })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
    });
    await bench.runner.extend({ ...intent, expiresAt: intent.expiresAt - 60, extendedAt: 2 });
    bench.runner.seconds += 3601;
    expect(await opens(credential)).toBe(false);
    await end(bench, intent);
  });

  it('is proved gone only after its hour, where nothing confidential can be kept', async () => {
    const access = () => {
      const open = bench.runner.access();
      return { ...open, ledger: Object.assign(Object.create(open.ledger) as typeof open.ledger, { confidential: false }) };
    };
    const intent = await bench.runner.plan(wish);
    const { actions, credential } = await github.apply(access(), intent);
    expect(actions).toContainEqual(expect.stringContaining('cannot be revoked before'));
    expect(await github.revert(access(), intent)).toMatchObject({ warnings: [expect.stringContaining('expires at')] });
    expect(await github.verify(access(), intent)).toMatchObject({ proved: false });
    expect(await opens(credential)).toBe(true);
    bench.runner.seconds += 3601;
    expect(await opens(credential)).toBe(false);
    expect(await github.verify(access(), intent)).toMatchObject({ proved: true });
  });

  it('is of a repository that may have another name by now, and of none that is gone', async () => {
    const { world } = bench.organization;
    const repository = bench.organization.repository('payments');
    const first = await bench.runner.plan(wish);
    world.rename(repository, 'billing');
    expect((await bench.runner.apply(first)).credential).toMatchObject({ repository: 'example-org/billing' });
    await end(bench, first);
    const second = await bench.runner.plan({ ...wish, target: repositoryTarget('billing') });
    world.repositories.delete(repository.id);
    await expect(bench.runner.apply(second)).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND' });
    await end(bench, second);
  });

  it('is refused by GitHub where the installation may not do it itself', async () => {
    const { pull_requests: _, ...fewer } = ALL_PERMISSIONS;
    const { secret } = bench.organization.otherSecret(fewer);
    const intent = await bench.runner.plan({ ...wish, permission: 'Write' }, { secret });
    await expect(bench.runner.apply(intent, { secret })).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    await bench.runner.revert(intent, { secret });
    expect(await bench.runner.verify(intent, { secret })).toMatchObject({ proved: true });
  });
});
