import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { mongodbatlas } from '../../../src/integrations/mongodbatlas/integration.js';
import { secretSchema } from '../../../src/integrations/mongodbatlas/secret.js';
import { eachWithFreshOrganization } from './bench.js';
import { user } from './organization.js';

const DOCS = new URL('../../../../docs/integrations/mongodbatlas.md', import.meta.url);
const { declaration } = mongodbatlas;

describe('docs/integrations/mongodbatlas.md', () => {
  const at = eachWithFreshOrganization();

  it('names every permission, kind of target and check', async () => {
    const text = await readFile(DOCS, 'utf8');
    const firstCells = [...text.matchAll(/^\| `([^`]+)`/gm)].map((match) => match[1]);
    for (const { name } of [...declaration.checks, ...declaration.permissions]) expect(firstCells).toContain(name);
    for (const { kind } of declaration.targets) expect(text).toMatch(new RegExp(`\\| \`${kind}\` +\\| \`\\["`));
  });

  it('shows a secret of the right shape', async () => {
    const command = /--secret-string '(.*)'$/m.exec(await readFile(DOCS, 'utf8'))?.[1] ?? '';
    expect(secretSchema.parse(JSON.parse(command))).toMatchObject({ org: '278364578236478654', publicKey: 'kkejgijgy' });
  });

  it('shows roles of a key that are enough', async () => {
    const text = await readFile(DOCS, 'utf8');
    const { organization, runner } = at;
    const [inOrganization = '', inProject = ''] = [...text.matchAll(/--role (\w+)/g)].map((match) => match[1] ?? '');
    const { secret } = organization.otherKey([
      { orgId: organization.world.org.id, roleName: inOrganization },
      { groupId: organization.payments.id, roleName: inProject },
    ]);
    const target = organization.projectTarget();
    for (const wish of [
      { target, permission: 'Admin' },
      { target, permission: 'GROUP_READ_ONLY', principal: user(organization.newUser()) },
    ]) {
      const { intent } = await runner.grant(wish, { secret });
      await runner.revert(intent, { secret });
      expect(await runner.verify(intent, { secret })).toMatchObject({ proved: true, warnings: [] });
    }
  });
});
