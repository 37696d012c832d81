import { readFile } from 'node:fs/promises';
import { describe, expect, it, jest } from '@jest/globals';
import { okta } from '../../../src/integrations/okta/integration.js';
import { secretSchema } from '../../../src/integrations/okta/secret.js';
import { RunnerHarness } from '../runner-harness.js';
import { holds, wishesOf } from './contract-harness.js';
import { ExampleOrg, SYSTEM } from './example-org.js';

const DOCS = new URL('../../../../docs/integrations/okta.md', import.meta.url);
const { declaration } = okta;

describe('docs/integrations/okta.md', () => {
  jest.setTimeout(60_000);
  it('names every permission, kind of target and check', async () => {
    const text = await readFile(DOCS, 'utf8');
    const firstCells = [...text.matchAll(/^\| `([^`]+)`/gm)].map((match) => match[1]);
    for (const { name } of declaration.checks) expect(firstCells).toContain(name);
    for (const { name } of declaration.permissions) if (name !== '*') expect(text).toContain(`\`${name}\``);
    for (const { kind } of declaration.targets) expect(text).toMatch(new RegExp(`\\| \`${kind}\` +\\| \`\\["`));
  });

  it('shows a secret that works as it is', async () => {
    const command = /--secret-string '(.*)'$/m.exec(await readFile(DOCS, 'utf8'))?.[1] ?? '';
    expect(secretSchema.parse(JSON.parse(command))).toMatchObject({ host: 'examplecompany.okta.com' });
  });

  it('shows a custom role that is enough for memberships and apps, and for nothing else', async () => {
    const body = /-d '(\{"label".*\})'$/m.exec(await readFile(DOCS, 'utf8'))?.[1] ?? '';
    const { label, permissions } = JSON.parse(body) as { label: string; permissions: string[] };
    const org = await ExampleOrg.start();
    const admin = org.addPerson('axiom-runner@example.com');
    org.world.addToken('aTokenOfTheDocumentedRole', admin);
    org.world.bind(org.resourceSet.id, org.world.addCustomRole(label, permissions).id, { kind: 'user', id: admin.id });
    const runner = new RunnerHarness(okta, SYSTEM, org.secret({ token: 'aTokenOfTheDocumentedRole' }));
    const checks = await runner.testConnection();
    expect(checks.filter(({ outcome }) => outcome !== 'ok').map(({ name, outcome }) => [name, outcome])).toEqual([
      ['connect', 'warning'],
      ['roles-manage', 'permission_missing'],
    ]);
    const { group, app } = wishesOf(org);
    for (const wish of [group, app]) {
      const { id } = org.addPerson();
      const { intent } = await runner.grant({ ...wish, principal: { kind: 'user', id } });
      expect(holds(org, id, wish)).toBe(true);
      await runner.revert(intent);
      expect(await runner.verify(intent)).toMatchObject({ proved: true, warnings: [] });
    }
    await runner.stop();
    await org.stop();
  });
});
