import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RunnerError } from '../../../src/errors.js';
import type { Intent } from '../../../src/integrations/intent.js';
import type { AtlasState } from '../../../src/integrations/mongodbatlas/state.js';
import { refusal } from '../contract/contract.js';
import { eachWithFreshOrganization } from './bench.js';

const DAY = 86_400;

describe('a temporary database user', () => {
  const at = eachWithFreshOrganization();
  const wish = (permission = 'Read', ...place: string[]) => {
    const kinds = ['project', 'cluster', 'database', 'collection'];
    return { target: at.organization.target(kinds[place.length] ?? '', at.organization.payments.id, ...place), permission };
  };
  const found = ({ principal }: Intent<AtlasState>) => at.organization.payments.databaseUsers.get(principal.id);

  it('has the least roles that give what was asked for, on the cluster that was asked for', async () => {
    const rights = async (permission: string, ...place: string[]) => {
      const { intent } = await at.runner.grant(wish(permission, ...place));
      const made = found(intent);
      await at.runner.revert(intent);
      return [
        made?.roles.map((role) => [role.roleName, role.databaseName, ...(role.collectionName === undefined ? [] : [role.collectionName])]),
        made?.scopes,
      ];
    };
    const scopes = [{ name: 'Cluster0', type: 'CLUSTER' }];
    expect(await rights('Read')).toEqual([[['readAnyDatabase', 'admin']], []]);
    expect(await rights('Admin', 'Cluster0')).toEqual([
      [
        ['readWriteAnyDatabase', 'admin'],
        ['dbAdminAnyDatabase', 'admin'],
      ],
      scopes,
    ]);
    expect(await rights('Admin', 'Cluster0', 'sales')).toEqual([
      [
        ['readWrite', 'sales'],
        ['dbAdmin', 'sales'],
      ],
      scopes,
    ]);
    expect(await rights('Read & Write', 'Cluster0', 'sales', 'orders')).toEqual([[['readWrite', 'sales', 'orders']], scopes]);
  });

  it('comes with the address of its cluster, or of each cluster of the project', async () => {
    const { applied: one } = await at.runner.grant(wish('Read', 'Cluster0'));
    expect(one.credential).toMatchObject({ authenticationDatabase: 'admin', connectionString: 'mongodb+srv://cluster0.abcde.mongodb.net' });
    const { applied: all } = await at.runner.grant(wish('Read'));
    expect(all.credential?.['connectionStrings']?.split('\n')).toEqual([
      'Cluster0 mongodb+srv://cluster0.abcde.mongodb.net',
      'reports mongodb+srv://reports.abcde.mongodb.net',
    ]);
  });

  it('is deleted by Atlas within a week, however long the access is, and later when the access is extended', async () => {
    const intent = { ...(await at.runner.plan(wish())), expiresAt: at.runner.seconds + 30 * DAY };
    const { actions } = await at.runner.apply(intent);
    const ends = () => Date.parse(found(intent)?.deleteAfterDate ?? '') / 1000;
    expect(ends()).toBe(at.runner.seconds + 7 * DAY - 600);
    expect(actions).toContainEqual(expect.stringContaining('every half day'));
    at.runner.seconds += 5 * DAY;
    await at.runner.extend(intent);
    expect(ends()).toBe(at.runner.seconds + 7 * DAY - 600);
    const shorter = { ...intent, expiresAt: at.runner.seconds + DAY, extendedAt: at.runner.seconds };
    await at.runner.extend(shorter);
    expect(ends()).toBe(shorter.expiresAt + 60);
  });

  it('cannot be extended once it is gone, and its end is proved', async () => {
    const { intent } = await at.runner.grant(wish());
    at.organization.payments.databaseUsers.clear();
    await expect(at.runner.extend({ ...intent, expiresAt: intent.expiresAt + 60 })).rejects.toEqual(refusal('TARGET_NOT_FOUND'));
    await at.runner.revert(intent);
    expect(await at.runner.verify(intent)).toMatchObject({ proved: true });
  });

  it("is not made in the place of somebody else's", async () => {
    const intent = await at.runner.plan(wish());
    const theirs = { databaseName: 'admin', username: intent.principal.id, password: 'their password', roles: [], scopes: [] };
    at.organization.payments.databaseUsers.set(theirs.username, theirs);
    await expect(at.runner.apply(intent)).rejects.toEqual(refusal('CONFLICT'));
    await at.runner.revert(intent);
    expect(found(intent)).toBe(theirs);
  });

  it('counts as gone only when every cluster has applied it; a paused one lets nobody in', async () => {
    const { intent } = await at.runner.grant(wish());
    const reports = at.organization.payments.clusters.get('reports');
    if (reports === undefined) throw new Error('no cluster');
    at.organization.world.lag = 1000;
    const { warnings } = await at.runner.revert(intent);
    expect(warnings).toContainEqual(expect.stringContaining('Cluster0 has not applied the removal'));
    expect(await at.runner.verify(intent)).toMatchObject({ proved: false });
    for (const cluster of at.organization.payments.clusters.values()) cluster.pending = 0;
    reports.pending = 1000;
    reports.paused = true;
    expect(await at.runner.verify(intent)).toMatchObject({ proved: true, warnings: [] });
  });

  it('ends with its project and its cluster', async () => {
    const { intent: onCluster } = await at.runner.grant(wish('Read', 'reports'));
    at.organization.payments.clusters.delete('reports');
    const { intent: onProject } = await at.runner.grant(wish());
    at.organization.world.projects.delete(at.organization.payments.id);
    for (const intent of [onCluster, onProject]) {
      await at.runner.revert(intent);
      expect(await at.runner.verify(intent)).toMatchObject({ proved: true });
    }
  });

  it('is given on any database and collection that MongoDB can have, and on no other', async () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 70 });
    await fc.assert(
      fc.asyncProperty(name, name, async (database, collection) => {
        const outcome = await at.runner.plan(wish('Read', 'Cluster0', database, collection)).catch((error: unknown) => error);
        const isLegal = !/[/\\. "$*<>:|?]|\p{Cc}/u.test(database) && Buffer.byteLength(database) < 64;
        if (!isLegal) expect(outcome).toEqual(refusal('TARGET_NOT_FOUND'));
        else if (outcome instanceof RunnerError) expect(collection).toMatch(/\$|\p{Cc}|^system\.|^\.|\.$|[^ -~]/u);
        else expect(outcome).toMatchObject({ state: { database, collection } });
      }),
      { numRuns: 50 },
    );
    for (const [database, collection] of [
      ['продажи', 'заказы ✓'],
      ["o'brien;--", 'a.b c"d'],
      ['UPPER-lower_1', '{"$x":1}'.replace('$', '')],
    ]) {
      const { intent, applied } = await at.runner.grant(wish('Read', 'Cluster0', database ?? '', collection ?? ''));
      expect(at.organization.opens(applied.credential ?? {}, intent)).toBe(true);
      await at.runner.revert(intent);
      expect(await at.runner.verify(intent)).toMatchObject({ proved: true });
    }
  });
});
