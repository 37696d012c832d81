import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { declaration } from '../../../src/integrations/k8s/declaration.js';
import { k8s } from '../../../src/integrations/k8s/integration.js';
import { secretSchema } from '../../../src/integrations/k8s/secret.js';
import { refusal } from '../contract/contract.js';
import { RunnerHarness, type Wish } from '../runner-harness.js';
import { CLUSTER, Cluster, documentedBlocks, SYSTEM } from './cluster.js';

const DOCS = new URL('../../../../docs/integrations/k8s.md', import.meta.url);
const PAYMENTS = { kind: 'namespace', path: ['payments'] };
const WHOLE = { kind: 'cluster', path: [CLUSTER] };

describe('docs/integrations/k8s.md', () => {
  it('names every permission, kind of target and check', async () => {
    const text = await readFile(DOCS, 'utf8');
    const firstCells = [...text.matchAll(/^\| `([^`]+)`/gm)].map((match) => match[1]);
    for (const { name } of [...declaration.permissions, ...declaration.checks]) expect(firstCells).toContain(name);
    for (const { kind } of declaration.targets) expect(text).toMatch(new RegExp(`${kind} \`\\["`));
    for (const { kind } of declaration.principals) expect(text).toContain(`\`${kind}\``);
  });
});

describe('the documented setup', () => {
  jest.setTimeout(60_000);
  let cluster: Cluster;
  let secret: Record<string, unknown>;

  beforeAll(async () => {
    cluster = await Cluster.start();
    await cluster.newRole('payments', 'service-reader', ['list', '', 'services']);
    const token = await cluster.setUpRunner();
    secret = cluster.secret(token);
  }, 120_000);
  afterAll(() => cluster?.stop());

  async function isPossible(wish: Wish): Promise<void> {
    const runner = new RunnerHarness(k8s, SYSTEM, secret);
    const { intent } = await runner.grant(wish);
    await runner.revert(intent);
    expect(await runner.verify(intent)).toMatchObject({ proved: true });
    runner.passApplyWindow(intent);
    await runner.revert(intent);
    expect(await cluster.ownObjects()).toEqual([]);
  }

  it('gives what it says, and nothing else', async () => {
    for (const permission of ['view', 'edit', 'admin']) {
      for (const target of [PAYMENTS, WHOLE]) {
        await isPossible({ target, permission });
        await isPossible({ target, permission, principal: { kind: 'group', id: 'on call' } });
      }
    }
    const role = { target: PAYMENTS, permission: 'Role/service-reader' };
    for (const wish of [role, { target: WHOLE, permission: 'cluster-admin' }]) {
      await expect(isPossible(wish)).rejects.toEqual(refusal('TARGET_PERMISSION_DENIED'));
    }
    const [, second = ''] = await documentedBlocks('yaml');
    await cluster.kubectl(['apply', '--filename', '-'], { input: second });
    await cluster.settle();
    await isPossible(role);
  });

  it('prints token and authority as the secret takes them', async () => {
    const [commands = ''] = await documentedBlocks('bash');
    const printed = [...commands.matchAll(/^kubectl (?<before>.*?) jsonpath='(?<path>[^']+)'/gm)].map(({ groups }) => groups ?? {});
    const [token, ca] = await Promise.all(
      printed.map(({ before = '', path = '' }) =>
        cluster.kubectl([...before.split(' ').filter((word) => word !== ''), `jsonpath=${path}`]),
      ),
    );
    const fields = { k8s_cert_secret: Buffer.from(token ?? '', 'base64').toString(), k8s_cert_authority: ca };
    expect(secretSchema.parse({ ...secret, ...fields })).toEqual(secretSchema.parse(secret));
  });

  it('shows a secret that works once token and authority are put in', async () => {
    const command = /--secret-string '(.*)'$/m.exec(await readFile(DOCS, 'utf8'))?.[1] ?? '';
    const { k8s_cert_secret, k8s_cert_authority } = secret;
    const fields = { ...JSON.parse(command), k8s_cert_secret, k8s_cert_authority };
    expect(secretSchema.parse(fields)).toMatchObject({ cluster: 'production-k8s', server: 'https://production-k8s.example.local' });
  });
});
