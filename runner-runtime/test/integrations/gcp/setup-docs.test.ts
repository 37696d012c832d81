import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { gcp } from '../../../src/integrations/gcp/integration.js';
import { ORGANIZATION, Organization } from './organization.js';

const DOCS = new URL('../../../../docs/integrations/gcp.md', import.meta.url);
const COMMANDS = new URL('../../../../test/fixtures/published-create-secret-commands.json', import.meta.url);
const { declaration } = gcp;

describe('docs/integrations/gcp.md', () => {
  let text = '';
  let organization: Organization;
  beforeAll(async () => {
    text = await readFile(DOCS, 'utf8');
    organization = await Organization.start();
  });
  afterAll(() => organization.stop());

  it('names every permission, kind of target and check', () => {
    const firstCells = [...text.matchAll(/^\| `([^`]+)`/gm)].map((match) => match[1]);
    for (const { name } of declaration.checks) expect(firstCells).toContain(name);
    for (const { name } of declaration.permissions) if (name !== '*') expect(firstCells).toContain(name);
    for (const { kind } of declaration.targets) expect(text).toContain(`\`${kind}\``);
  });

  it('shows the published command', async () => {
    expect(text).toContain(JSON.parse(await readFile(COMMANDS, 'utf8')).gcp);
  });

  it('shows a role that is enough for every role on every level, and no more than the checks want', async () => {
    const { world } = organization.cloud;
    const name = `organizations/${ORGANIZATION}/roles/asDocumented`;
    const includedPermissions = [...text.matchAll(/^ {2}- ([A-Za-z.]+)$/gm)].map((match) => match[1] ?? '');
    world.roles.set(name, { name, title: 'Axiom Runner', stage: 'GA', includedPermissions });
    const account = world.addAccount('documented', 'axiom-integration');
    world.bind(`organizations/${ORGANIZATION}`, name, `serviceAccount:${account.email}`);
    const runner = organization.newRunner(organization.secret({}, account));
    expect((await runner.testConnection()).filter(({ outcome }) => outcome !== 'ok')).toEqual([]);
    for (const [kind, ...path] of [['organization'], ['folder', '100'], ['project', 'shop-prod']] as const) {
      const target = { kind, path: [ORGANIZATION, ...path] };
      for (const permission of ['roles/viewer', 'roles/logging.viewer']) {
        const { intent } = await runner.grant({ target, permission, principal: organization.newPerson('user') });
        await runner.revert(intent);
        expect(await runner.verify(intent)).toMatchObject({ proved: true, warnings: [] });
      }
    }
    expect((await runner.collectAll(1000)).warnings).toEqual([]);
  });
});
