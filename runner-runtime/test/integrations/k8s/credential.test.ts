import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { k8s } from '../../../src/integrations/k8s/integration.js';
import type { K8sSecret } from '../../../src/integrations/k8s/secret.js';
import type { K8sState } from '../../../src/integrations/k8s/state.js';
import { refusal } from '../contract/contract.js';
import { RunnerHarness } from '../runner-harness.js';
import { Cluster, OWN_NAMESPACE, SYSTEM, until } from './cluster.js';
import { intercepted } from './network-front.js';

const WISH = { target: { kind: 'namespace', path: ['payments'] }, permission: 'view' };
const CONFIG_MAPS = '/api/v1/namespaces/payments/configmaps';

/** Seconds that a token lives, by its own claims. */
function lifeOf(token = ''): number {
  const { exp, iat } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  return exp - iat;
}

describe('a temporary service account', () => {
  jest.setTimeout(60_000);
  let cluster: Cluster;
  let runner: RunnerHarness<K8sSecret, K8sState>;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'axiom-kubeconfig-'));
    cluster = await Cluster.start();
    runner = new RunnerHarness(k8s, SYSTEM, cluster.secret(await cluster.setUpRunner()));
  }, 120_000);
  afterAll(async () => {
    await cluster?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  // Tombstones go with the time in which their request could be replayed.
  afterEach(async () => {
    for (const name of await cluster.ownObjects())
      await cluster.kubectl(['delete', 'rolebinding', name.slice('payments/'.length), '--namespace', 'payments']);
  });

  const opens = async (token = '') => {
    await cluster.settle();
    return (await cluster.call(token, 'GET', CONFIG_MAPS)).status === 200;
  };
  /** Authentication remembers a token for some seconds. */
  const isRefused = (token = '') => until(async () => (await cluster.call(token, 'GET', '/api')).status === 401);

  it('comes as a kubeconfig that kubectl takes, with the namespace of the access', async () => {
    const { intent, applied } = await runner.grant(WISH);
    const kubeconfig = join(folder, 'config');
    await writeFile(kubeconfig, applied.credential?.['kubeconfig'] ?? '', { mode: 0o600 });
    await cluster.settle();
    expect(await cluster.kubectl(['get', 'configmaps', '--output', 'name'], { kubeconfig })).toContain('configmap/kube-root-ca.crt');
    const may = (...what: string[]) => cluster.kubectl(['auth', 'can-i', ...what], { kubeconfig }).catch(({ stdout }) => stdout);
    expect(await may('list', 'pods')).toBe('yes\n');
    expect(await may('list', 'secrets')).toBe('no\n');
    expect(await may('list', 'pods', '--namespace', 'default')).toBe('no\n');
    expect(applied.credential).toMatchObject({
      server: cluster.server.server,
      certificate_authority: cluster.ca,
      namespace: 'payments',
      service_account: intent.principal.id,
    });
    await runner.revert(intent);
  });

  it('has a token that the cluster itself refuses after the end, as a TokenReview shows', async () => {
    const { intent, applied } = await runner.grant(WISH);
    const token = applied.credential?.['token'];
    expect(await opens(token)).toBe(true);
    expect(await runner.verify(intent)).toMatchObject({ proved: false });
    const { actions, warnings } = await runner.revert(intent);
    expect(actions).toContainEqual(expect.stringMatching(/^asked by a TokenReview .*: it is not$/));
    expect(warnings).toEqual([]);
    expect(await opens(token)).toBe(false);
    await isRefused(token);
  });

  it('has one valid token: the last', async () => {
    const { intent, applied } = await runner.grant(WISH);
    const again = await runner.apply(intent);
    expect(await opens(again.credential?.['token'])).toBe(true);
    await isRefused(applied.credential?.['token']);
    await runner.revert(intent);
  });

  it('has a token that ends a minute after the access, also where the cluster would read its life as another wish', async () => {
    for (const [seconds, life] of [
      [3600, 3660],
      [3547, 3608],
      [60, 600],
    ] as const) {
      const intent = await runner.plan(WISH);
      const { credential } = await runner.apply({ ...intent, expiresAt: runner.seconds + seconds });
      expect(lifeOf(credential?.['token'])).toBe(life);
      expect(Date.parse(credential?.['expires_at'] ?? '') / 1000 - Date.now() / 1000).toBeLessThanOrEqual(life);
      await runner.revert(intent);
    }
  });

  it('stays revoked when the revocation comes between any two steps of making it', async () => {
    for (let step = 1, met = true; met; step += 1) {
      const intent = await runner.plan(WISH);
      met = false;
      let changes = 0;
      const access = intercepted(runner.access(), async (method) => {
        changes += method === 'GET' ? 0 : 1;
        if (changes === step && !met) {
          met = true;
          await runner.revert(intent);
        }
        return undefined;
      });
      const applied = await k8s.apply(access, intent).catch(() => undefined);
      expect(applied === undefined).toBe(met);
      if (!met) await runner.revert(intent);
      expect(await runner.verify(intent)).toMatchObject({ proved: true });
      expect(await cluster.ownObjects()).toEqual([`payments/${intent.state.name}`]);
      runner.passApplyWindow(intent);
      await runner.revert(intent);
    }
  });

  it('cannot be extended: its token has its end', async () => {
    const { intent } = await runner.grant(WISH);
    await expect(runner.extend({ ...intent, expiresAt: intent.expiresAt + 60 })).rejects.toEqual(refusal('UNSUPPORTED'));
    await runner.revert(intent);
  });

  it("is not made where somebody else's account has its name", async () => {
    const intent = await runner.plan(WISH);
    const accounts = `/api/v1/namespaces/${OWN_NAMESPACE}/serviceaccounts`;
    await cluster.admin('POST', accounts, { metadata: { name: intent.state.name } });
    await expect(runner.apply(intent)).rejects.toEqual(refusal('CONFLICT'));
    expect(await runner.revert(intent)).toMatchObject({ warnings: [expect.stringContaining("not the runner's")] });
    expect(await runner.verify(intent)).toMatchObject({ proved: false });
    await cluster.admin('DELETE', `${accounts}/${intent.state.name}`);
    expect(await runner.verify(intent)).toMatchObject({ proved: true });
  });

  it('is refused where the token in the secret is of no service account', async () => {
    const { users } = JSON.parse(await cluster.kubectl(['config', 'view', '--raw', '--output', 'json']));
    const secret = cluster.secret(users[0].user.token);
    await expect(runner.plan(WISH, { secret })).rejects.toEqual(refusal('UNSUPPORTED'));
  });
});
