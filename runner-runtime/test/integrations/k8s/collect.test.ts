import type { Item } from '@axiom-runner/protocol';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { k8s } from '../../../src/integrations/k8s/integration.js';
import type { K8sSecret } from '../../../src/integrations/k8s/secret.js';
import type { K8sState } from '../../../src/integrations/k8s/state.js';
import { refusal } from '../contract/contract.js';
import { RunnerHarness } from '../runner-harness.js';
import { CLUSTER, Cluster, SYSTEM, subject, until } from './cluster.js';
import { intercepted, NetworkFront } from './network-front.js';

const MANY = 1200;
const AT_ONCE = 50;
const ROLES = '/apis/rbac.authorization.k8s.io/v1/clusterroles';
const PAYMENTS = { kind: 'namespace', path: ['payments'] };

describe('collection from Kubernetes', () => {
  jest.setTimeout(120_000);
  const front = new NetworkFront();
  let cluster: Cluster;
  let runner: RunnerHarness<K8sSecret, K8sState>;

  beforeAll(async () => {
    cluster = await Cluster.start();
    runner = new RunnerHarness(front.before(k8s), SYSTEM, cluster.secret(await cluster.setUpRunner()));
  }, 120_000);
  afterAll(() => cluster?.stop());

  it('reads namespaces, accounts, roles and both kinds of bindings with their subjects', async () => {
    await cluster.newRole('payments', 'service-reader', ['list', '', 'services']);
    const alice = { kind: 'user', id: 'alice@example.com' };
    const team = { kind: 'group', id: 'payments team' };
    const worker = { kind: 'serviceaccount', id: 'payments/default' };
    await cluster.bind({ name: 'one', namespace: 'payments', role: 'Role/service-reader', subjects: [alice, worker].map(subject) });
    await cluster.bind({ name: 'two', namespace: undefined, role: 'view', subjects: [alice, team].map(subject) });
    const { items, warnings } = await runner.collectAll(1000);
    expect(warnings).toEqual([]);
    expect(items).toEqual(
      expect.arrayContaining([
        { item: 'target', target: { kind: 'cluster', path: [CLUSTER] } },
        { item: 'target', target: PAYMENTS },
        {
          item: 'permission',
          permission: 'Role/service-reader',
          targetKind: 'namespace',
          target: PAYMENTS,
          description: 'list on services',
        },
        { item: 'principal', principal: alice },
        { item: 'principal', principal: team },
        { item: 'principal', principal: worker },
        { item: 'assignment', principal: alice, permission: 'Role/service-reader', target: PAYMENTS },
        { item: 'assignment', principal: worker, permission: 'Role/service-reader', target: PAYMENTS },
        { item: 'assignment', principal: alice, permission: 'view', target: { kind: 'cluster', path: [CLUSTER] } },
        { item: 'assignment', principal: team, permission: 'view', target: { kind: 'cluster', path: [CLUSTER] } },
      ]),
    );
    expect(items).toContainEqual(expect.objectContaining({ item: 'permission', permission: 'cluster-admin', targetKind: 'cluster' }));
  });

  it('knows the rights that an aggregated role gathers, and gives it', async () => {
    const selector = { 'example.com/aggregate': 'yes' };
    await cluster.admin('POST', ROLES, {
      metadata: { name: 'gathered' },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: selector }] },
    });
    const rules = [{ verbs: ['list'], apiGroups: ['batch'], resources: ['cronjobs'] }];
    await cluster.admin('POST', ROLES, { metadata: { name: 'part', labels: selector }, rules });
    await until(async () => (await cluster.admin('GET', `${ROLES}/gathered`)).rules?.length === 1);
    const { items } = await runner.collectAll(1000);
    expect(items).toContainEqual({ item: 'permission', permission: 'gathered', targetKind: 'namespace', description: 'list on cronjobs' });
  });

  it('tells the same fact once, also where two bindings say it', async () => {
    const bob = { kind: 'user', id: 'bob@example.com' };
    for (const name of ['first', 'second']) await cluster.bind({ name, namespace: 'payments', role: 'edit', subjects: [subject(bob)] });
    const { items } = await runner.collectAll(7);
    expect(items.filter((item) => item.item !== 'permission' && item.item !== 'target' && item.principal.id === bob.id)).toHaveLength(2);
  });

  it('leaves out, and says so, what the protocol cannot carry', async () => {
    for (const name of ['r'.repeat(5000), 'two\nlines']) await cluster.newRole('settled', name, ['list', '', 'pods']);
    await cluster.bind({ name: 'long', namespace: 'settled', role: 'edit', subjects: [subject({ kind: 'user', id: 'u'.repeat(5000) })] });
    const { items, warnings } = await runner.collectAll(50);
    const names = (count: number) => expect.stringMatching(`^${count} names were left out`);
    expect(warnings).toEqual([names(2), names(1), names(1)]);
    expect(items).toContainEqual({ item: 'target', target: { kind: 'namespace', path: ['settled'] } });
    await cluster.kubectl(['delete', 'rolebinding', 'long', '--namespace', 'settled']);
  });

  describe('with many accounts', () => {
    beforeAll(async () => {
      await cluster.newNamespace('crowd');
      for (let index = 0; index < MANY; index += AT_ONCE) {
        const names = Array.from({ length: AT_ONCE }, (_, more) => `crowd-${index + more}`);
        await Promise.all(names.map((name) => cluster.admin('POST', '/api/v1/namespaces/crowd/serviceaccounts', { metadata: { name } })));
      }
    });

    const accountsOf = (items: readonly Item[]) =>
      items.flatMap((item) => (item.item === 'principal' && item.principal.id.startsWith('crowd/crowd-') ? [item.principal.id] : []));

    it('reads each once, in pages of the asked size', async () => {
      const { items, pages } = await runner.collectAll(100);
      expect(new Set(accountsOf(items)).size).toBe(MANY);
      expect(accountsOf(items)).toHaveLength(MANY);
      expect(new Set(items.map((item) => JSON.stringify(item))).size).toBe(items.length);
      for (const page of pages) expect(page.items.length).toBeLessThanOrEqual(100);
    });

    it('goes on where the place in a list has expired, without loss and without doubles', async () => {
      let expired = 0;
      const access = intercepted(runner.access(), async (_, url) => {
        if (!url.searchParams.has('continue') || expired >= 4) return undefined;
        expired += 1;
        return Response.json({ kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Expired', code: 410 }, { status: 410 });
      });
      const found: Item[] = [];
      for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
        const page = await k8s.collect(access, cursor, 300);
        found.push(...page.items);
        cursor = page.next;
      }
      expect(expired).toBe(4);
      expect(accountsOf(found)).toHaveLength(MANY);
      expect(new Set(accountsOf(found)).size).toBe(MANY);
    });
  });

  it('never asked for a Secret', () => {
    expect(front.calls.length).toBeGreaterThan(0);
    expect(front.calls.filter((call) => call.includes('secrets'))).toEqual([]);
  });

  it('refuses a cursor that it did not write', async () => {
    for (const cursor of ['{}', 'text', '{"stage":"secrets","size":10}', '{"stage":"roles","size":10,"token":"../secrets"}']) {
      await expect(runner.collect(cursor, 100)).rejects.toEqual(refusal('TASK_REJECTED'));
    }
  });
});
