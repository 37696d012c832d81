import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { k8s } from '../../../src/integrations/k8s/integration.js';
import type { K8sSecret } from '../../../src/integrations/k8s/secret.js';
import type { K8sState } from '../../../src/integrations/k8s/state.js';
import { refusal } from '../contract/contract.js';
import { RunnerHarness } from '../runner-harness.js';
import { bindings, Cluster, OWN_NAMESPACE, SYSTEM, subject } from './cluster.js';

const TARGET = { kind: 'namespace', path: ['payments'] };
const READ = { verb: 'list', resource: 'configmaps', namespace: 'payments' };
const user = (id: string) => ({ kind: 'user', id });
const grantTo = (id: string, permission = 'view') => ({ target: TARGET, permission, principal: user(id) });

describe('revocation in Kubernetes', () => {
  jest.setTimeout(60_000);
  let cluster: Cluster;
  let runner: RunnerHarness<K8sSecret, K8sState>;

  beforeAll(async () => {
    cluster = await Cluster.start();
    runner = new RunnerHarness(k8s, SYSTEM, cluster.secret(await cluster.setUpRunner()));
  }, 120_000);
  afterAll(() => cluster?.stop());

  const pathOf = (name: string) => `${bindings('payments')}/${name}`;
  const accountPath = (name: string) => `/api/v1/namespaces/${OWN_NAMESPACE}/serviceaccounts/${name}`;
  const allows = async (id: string) => {
    await cluster.settle();
    return cluster.allows(user(id), READ);
  };

  it('removes a binding that a finalizer holds: until it is gone it gives access', async () => {
    const { intent } = await runner.grant(grantTo('held', 'admin'));
    await cluster.admin('PATCH', pathOf(intent.state.name), { metadata: { finalizers: ['example.com/hold'] } });
    await runner.revert(intent);
    expect(await runner.verify(intent)).toMatchObject({ proved: true });
    expect(await allows('held')).toBe(false);
  });

  it('removes a service account that a finalizer holds', async () => {
    const { intent } = await runner.grant({ target: TARGET, permission: 'view' });
    await cluster.admin('PATCH', accountPath(intent.state.name), { metadata: { finalizers: ['example.com/hold'] } });
    await runner.revert(intent);
    expect(await runner.verify(intent)).toMatchObject({ proved: true });
  });

  it('takes the access from whoever was added to its binding, and names them', async () => {
    const { intent } = await runner.grant(grantTo('first'));
    const subjects = [user('first'), user('stowaway')].map(subject);
    await cluster.admin('PATCH', pathOf(intent.state.name), { subjects });
    await expect(runner.apply(intent)).rejects.toEqual(refusal('CONFLICT'));
    const { warnings } = await runner.revert(intent);
    expect(warnings).toEqual([expect.stringContaining('user stowaway had been added')]);
    expect(await allows('stowaway')).toBe(false);
  });

  it('removes a binding that lost its mark and labels but gives the access', async () => {
    const { intent } = await runner.grant(grantTo('unmarked'));
    await cluster.admin('PATCH', pathOf(intent.state.name), { metadata: { labels: null, annotations: null } });
    await expect(runner.apply(intent)).rejects.toEqual(refusal('CONFLICT'));
    expect(await runner.verify(intent)).toMatchObject({ proved: false });
    await runner.revert(intent);
    expect(await allows('unmarked')).toBe(false);
  });

  it("leaves somebody else's binding of the name that gives something else", async () => {
    const { intent } = await runner.grant(grantTo('replaced'));
    await cluster.admin('DELETE', pathOf(intent.state.name));
    await cluster.bind({ name: intent.state.name, namespace: 'payments', role: 'edit', subjects: [subject(user('other'))] });
    expect(await runner.revert(intent)).toMatchObject({ warnings: [expect.stringContaining("not the runner's")] });
    expect(await runner.verify(intent)).toMatchObject({ proved: true });
    expect(await allows('other')).toBe(true);
    await cluster.admin('DELETE', pathOf(intent.state.name));
  });

  it('finds a copy of the binding under another name, and takes its mark for nothing', async () => {
    const { intent } = await runner.grant(grantTo('copied'));
    const { metadata } = await cluster.admin('GET', pathOf(intent.state.name));
    const { annotations, labels } = metadata;
    await cluster.bind({ name: 'copy', namespace: 'payments', role: 'view', subjects: [subject(user('copied'))], annotations, labels });
    expect(await runner.listMarked()).toContainEqual({ object: 'RoleBinding payments/copy', mark: '' });
    await runner.revert(intent);
    expect(await runner.verify(intent)).toMatchObject({
      proved: true,
      warnings: ['user copied still has access through RoleBinding payments/copy'],
    });
    await cluster.admin('DELETE', pathOf('copy'));
  });

  it('names a binding of the whole cluster through which access remains', async () => {
    const principal = { kind: 'serviceaccount', id: 'payments/default' };
    await cluster.bind({
      name: 'all-accounts',
      namespace: undefined,
      role: 'view',
      subjects: [subject({ kind: 'group', id: 'system:serviceaccounts' })],
    });
    const { intent } = await runner.grant({ target: TARGET, permission: 'view', principal });
    await runner.revert(intent);
    const { warnings, observations } = await runner.verify(intent);
    expect(warnings).toEqual(['serviceaccount payments/default still has access through ClusterRoleBinding all-accounts']);
    expect(observations.at(-1)?.answer).toMatch(/^yes, through .*allows (\d+) of \1 rights/);
    await cluster.admin('DELETE', `${bindings(undefined)}/all-accounts`);
  });

  it('says when the cluster still allows what no binding of the role explains', async () => {
    await cluster.bind({ name: 'more-than-view', namespace: 'payments', role: 'admin', subjects: [subject(user('mighty'))] });
    const { intent } = await runner.grant(grantTo('mighty'));
    await runner.revert(intent);
    expect(await runner.verify(intent)).toMatchObject({ proved: true, warnings: [expect.stringContaining('another role')] });
  });

  it('needs no right to give a role in order to take it away', async () => {
    const { intent } = await runner.grant(grantTo('late'));
    const role = '/apis/rbac.authorization.k8s.io/v1/clusterroles/axiom-runner';
    const { rules } = await cluster.admin('GET', role);
    await cluster.admin('PATCH', role, { rules: rules.filter(({ verbs }: { verbs: string[] }) => !verbs.includes('bind')) });
    await runner.revert(intent);
    expect(await runner.verify(intent)).toMatchObject({ proved: true, warnings: [] });
    await expect(runner.apply(intent)).rejects.toEqual(refusal('TASK_REJECTED'));
    await cluster.admin('PATCH', role, { rules });
  });

  it('ends an access whose namespace is gone, and refuses it in a new one of the name', async () => {
    await cluster.newNamespace('passing');
    const { intent } = await runner.grant({ ...grantTo('passer'), target: { kind: 'namespace', path: ['passing'] } });
    await cluster.kubectl(['delete', 'namespace', 'passing']);
    await runner.revert(intent);
    expect(await runner.verify(intent)).toMatchObject({ proved: true });
    await cluster.newNamespace('passing');
    await expect(runner.apply(intent)).rejects.toEqual(refusal('TARGET_NOT_FOUND'));
  });
});
