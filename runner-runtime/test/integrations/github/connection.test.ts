import { createPrivateKey } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { secretSchema } from '../../../src/integrations/github/secret.js';
import { type Bench, startBench } from './bench.js';
import { startEnterpriseServer } from './enterprise-server.js';
import { repositoryTarget, strangeKey, user } from './organization.js';

const TARGET = repositoryTarget('payments');

describe('the connection', () => {
  let bench: Bench;
  const open: Bench[] = [];
  const start = async () => {
    bench = await startBench();
    open.push(bench);
  };
  afterEach(async () => {
    for (const started of open.splice(0)) await started.stop();
  });
  const check = async (name: string, secret?: unknown) =>
    (await bench.runner.testConnection(secret === undefined ? {} : { secret })).find((entry) => entry.name === name);

  it('bears a clock that is minutes off, and says so when it is more', async () => {
    await start();
    const { clock } = bench.organization.fake;
    for (const minutes of [-4, 4]) {
      clock.now = () => bench.runner.seconds + minutes * 60;
      expect(await check('app')).toMatchObject({ outcome: 'ok' });
    }
    for (const minutes of [-15, 15]) {
      clock.now = () => bench.runner.seconds + minutes * 60;
      expect(await check('app')).toMatchObject({ outcome: 'authentication_failed', detail: expect.stringContaining('clock') });
    }
    clock.now = () => bench.runner.seconds;
    expect(await check('app', { ...bench.organization.secret, github_private_key: strangeKey() })).toMatchObject({
      outcome: 'authentication_failed',
      detail: expect.stringContaining('key'),
    });
  });

  it('names each permission that is missing, and warns of those that only tokens need', async () => {
    await start();
    const { secret } = bench.organization.otherSecret({ metadata: 'read', members: 'read' });
    const checks = await bench.runner.testConnection({ secret });
    expect(Object.fromEntries(checks.map(({ name, outcome }) => [name, outcome]))).toEqual({
      app: 'ok',
      installation: 'ok',
      organization: 'ok',
      metadata: 'ok',
      administration: 'permission_missing',
      members: 'permission_missing',
      contents: 'warning',
      'pull-requests': 'warning',
      empty: 'ok',
    });
  });

  it('says when there is no repository', async () => {
    await start();
    bench.organization.world.repositories.clear();
    expect(await check('empty')).toMatchObject({ outcome: 'empty' });
  });

  it("works with a server of one's own, under its path", async () => {
    await start();
    const { base, stop } = await startEnterpriseServer(bench.organization.fake.base);
    try {
      const options = { secret: { ...bench.organization.secret, api_base_url: `${base}/` } };
      const checks = await bench.runner.testConnection(options);
      expect(checks.filter(({ outcome }) => outcome !== 'ok')).toEqual([]);
      const wish = { target: TARGET, permission: 'Write', principal: user(bench.organization.newMember()) };
      const { intent } = await bench.runner.grant(wish, options);
      await bench.runner.revert(intent, options);
      expect(await bench.runner.verify(intent, options)).toMatchObject({ proved: true });
      const { items } = await bench.runner.collect(undefined, 1000, options);
      expect(items).toContainEqual({ item: 'target', target: TARGET });
    } finally {
      await stop();
    }
  });

  it('waits for a secondary limit as long as GitHub asks, and gives up where that is too long', async () => {
    await start();
    const { vendor } = bench.organization.fake;
    const person = bench.organization.newMember();
    vendor.arm('rate limit', 3);
    const intent = await bench.runner.plan({ target: TARGET, permission: 'Write', principal: user(person) });
    expect(vendor.disarm()).toBe(true);
    const before = vendor.commonHeaders;
    // The limit of the hour is used up: its refusals are a 403 as well.
    vendor.commonHeaders = () => ({
      ...before(),
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + 1800),
    });
    bench.organization.world.installations.forEach((installation) => {
      installation.suspended = true;
    });
    await expect(bench.runner.apply(intent)).rejects.toMatchObject({ code: 'RATE_LIMITED', retryable: true });
  });

  it('takes the key of the app in every form in which a secret may hold it', async () => {
    await start();
    const { secret, privateKey } = bench.organization;
    const pkcs8 = createPrivateKey(privateKey).export({ type: 'pkcs8', format: 'pem' }).toString();
    const expected = createPrivateKey(privateKey).export({ type: 'pkcs8', format: 'der' });
    for (const text of [
      privateKey,
      pkcs8,
      privateKey.replaceAll('\n', '\\n'),
      privateKey.replaceAll('\n', ' '),
      privateKey.replaceAll('\n', ''),
      privateKey.replaceAll('\n', '\r\n'),
      `\n  ${privateKey}  \n`,
    ]) {
      const { key } = secretSchema.parse({ ...secret, github_private_key: text });
      expect(key.export({ type: 'pkcs8', format: 'der' })).toEqual(expected);
    }
  });
});
