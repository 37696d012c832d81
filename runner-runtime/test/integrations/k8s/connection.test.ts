import { rootCertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { k8s } from '../../../src/integrations/k8s/integration.js';
import { type K8sSecret, secretSchema } from '../../../src/integrations/k8s/secret.js';
import type { K8sState } from '../../../src/integrations/k8s/state.js';
import { RunnerHarness } from '../runner-harness.js';
import { Cluster, OWN_ACCOUNT, OWN_NAMESPACE, SYSTEM, subject, until } from './cluster.js';

const ROLE = '/apis/rbac.authorization.k8s.io/v1/clusterroles/axiom-runner';

interface Rule {
  readonly verbs: string[];
  readonly resources: string[];
}

describe('connection to Kubernetes', () => {
  jest.setTimeout(60_000);
  let cluster: Cluster;
  let token: string;
  let runner: RunnerHarness<K8sSecret, K8sState>;

  beforeAll(async () => {
    cluster = await Cluster.start();
    token = await cluster.setUpRunner();
    runner = new RunnerHarness(k8s, SYSTEM, cluster.secret(token));
  }, 120_000);
  afterAll(() => cluster?.stop());

  const check = async (name: string, secret = cluster.secret(token)) =>
    (await runner.testConnection({ secret })).find((entry) => entry.name === name);

  /** The check as it is once the authorizer knows other rules of the runner's role; they are put back afterwards. */
  async function checkWith(name: string, change: (rules: Rule[]) => Rule[]) {
    const { rules } = await cluster.admin('GET', ROLE);
    await cluster.admin('PATCH', ROLE, { rules: change(rules) });
    const before = await check(name);
    await until(async () => JSON.stringify(await check(name)) !== JSON.stringify(before) || before?.outcome !== 'ok');
    const found = await check(name);
    await cluster.admin('PATCH', ROLE, { rules });
    await until(async () => (await check(name))?.outcome === 'ok');
    return found;
  }

  it('is fine with the rights of the documentation, and needs no more', async () => {
    const checks = await runner.testConnection();
    expect(checks.map(({ name, outcome }) => [name, outcome])).toEqual(k8s.declaration.checks.map(({ name }) => [name, 'ok']));
  });

  it('takes a server as host with port or as URL, and an authority as PEM or base64', async () => {
    const { host } = new URL(cluster.server.server);
    for (const fields of [
      { k8s_fqdn: host },
      { k8s_fqdn: `https://${host}/` },
      { k8s_cert_authority: cluster.ca },
      { k8s_cert_authority: cluster.ca.replaceAll('\n', '\\n') },
    ]) {
      expect(await check('connect', cluster.secret(token, fields))).toMatchObject({ outcome: 'ok' });
    }
    const server = (k8s_fqdn: string) => secretSchema.parse(cluster.secret(token, { k8s_fqdn })).server;
    expect(server('production-k8s.example.local')).toBe('https://production-k8s.example.local');
    expect(server('[2001:db8::1]:6443')).toBe('https://[2001:db8::1]:6443');
    expect(server('https://rancher.example.com/k8s/clusters/c-1/')).toBe('https://rancher.example.com/k8s/clusters/c-1');
  });

  it('trusts the given authority alone', async () => {
    const untrusted = await check('connect', cluster.secret(token, { k8s_cert_authority: rootCertificates[0] }));
    expect(untrusted).toMatchObject({ outcome: 'unreachable', mend: expect.stringContaining('k8s_cert_authority') });
  });

  it('warns of a token that ends soon', async () => {
    const account = `/api/v1/namespaces/${OWN_NAMESPACE}/serviceaccounts/${OWN_ACCOUNT}`;
    const { status } = await cluster.admin('POST', `${account}/token`, { spec: { audiences: [] } });
    expect(await check('authenticate', cluster.secret(status.token))).toMatchObject({
      outcome: 'warning',
      detail: expect.stringMatching(/ends in \d+ days/),
    });
  });

  it('names the rights that are missing', async () => {
    const without = (resource: string) => (rules: Rule[]) =>
      rules
        .map((rule) => ({ ...rule, resources: rule.resources.filter((one) => one !== resource) }))
        .filter(({ resources }) => resources.length > 0);
    expect(await checkWith('read', without('namespaces'))).toMatchObject({
      outcome: 'permission_missing',
      detail: 'The account may not get namespaces, list namespaces.',
    });
    expect(await checkWith('role-bindings', without('rolebindings'))).toMatchObject({ outcome: 'permission_missing' });
    expect(await checkWith('cluster-role-bindings', without('clusterrolebindings'))).toMatchObject({ outcome: 'warning' });
    expect(await checkWith('prove', without('tokenreviews'))).toMatchObject({
      outcome: 'warning',
      detail: 'The account may not create tokenreviews.',
    });
    const noBind = (rules: Rule[]) => rules.filter(({ verbs }) => !verbs.includes('bind'));
    expect(await checkWith('bind', noBind)).toMatchObject({ outcome: 'warning', mend: expect.stringContaining('bind') });
  });

  it('warns of an account that may give every role', async () => {
    const subjects = [subject({ kind: 'serviceaccount', id: `${OWN_NAMESPACE}/${OWN_ACCOUNT}` })];
    await cluster.bind({ name: 'too-much', namespace: undefined, role: 'cluster-admin', subjects });
    await cluster.settle();
    expect(await check('bind')).toMatchObject({ outcome: 'warning', detail: expect.stringContaining('cluster-admin') });
    await cluster.kubectl(['delete', 'clusterrolebinding', 'too-much']);
  });

  it('finds a cluster empty that holds nothing but what Kubernetes makes', async () => {
    for (const name of ['payments', 'settled']) await cluster.kubectl(['delete', 'namespace', name]);
    expect(await check('empty')).toMatchObject({ outcome: 'empty' });
  });
});
