import { readFile } from 'node:fs/promises';
import type { Target } from '@axiom-runner/protocol';
import { describe, expect, it } from '@jest/globals';
import { declaration } from '../../../src/integrations/pagerduty/declaration.js';
import { BASE_ROLES, roleOf, TEAM_ROLES } from '../../../src/integrations/pagerduty/roles.js';
import { secretSchema } from '../../../src/integrations/pagerduty/secret.js';
import { startBench } from './bench.js';
import { ACCOUNT_TARGET, person, scheduleTarget, teamTarget } from './company.js';

const DOCS = new URL('../../../../docs/integrations/pagerduty.md', import.meta.url);

describe('docs/integrations/pagerduty.md', () => {
  it('names every permission with its role, kind of target and check', async () => {
    const text = await readFile(DOCS, 'utf8');
    const firstCells = [...text.matchAll(/^\| `([^`]+)`/gm)].map((match) => match[1]);
    for (const { name } of declaration.checks) expect(firstCells).toContain(name);
    for (const { kind } of declaration.targets) expect(firstCells).toContain(kind);
    for (const { name, targets } of declaration.permissions) {
      for (const kind of targets) {
        const role = kind === 'schedule' ? 'an override' : `\`${roleOf(kind === 'team' ? TEAM_ROLES : BASE_ROLES, name)}\``;
        expect(text.replace(/ +/g, ' ')).toContain(`| \`${name}\` | \`${kind}\` | ${role} |`);
      }
    }
  });

  it('shows a secret that works as it is', async () => {
    const command = /--secret-string '(.*)'$/m.exec(await readFile(DOCS, 'utf8'))?.[1] ?? '';
    expect(secretSchema.parse(JSON.parse(command))).toMatchObject({ company: 'example-company', base: 'https://api.pagerduty.com' });
  });

  it("describes a user's key that is enough for its own teams and their schedules, and for nothing else", async () => {
    const bench = await startBench();
    try {
      const { account } = bench.company;
      const own = bench.company.newUser('observer');
      const secret = bench.company.secretWith(account.addKey({ user: own.id }));
      const [team, schedule] = [account.addTeam('Platform'), account.addSchedule('Primary')];
      team.members.set(own.id, 'manager');
      account.addPolicy('Production', [{ schedule: schedule.id }], team);
      const checks = await bench.runner.testConnection({ secret });
      expect(checks.filter(({ outcome }) => outcome !== 'ok')).toEqual([expect.objectContaining({ name: 'write', outcome: 'warning' })]);
      const wishFor = (target: Target, permission: string) => ({ target, permission, principal: person(bench.company.newUser()) });
      for (const wish of [wishFor(teamTarget(team), 'Responder'), wishFor(scheduleTarget(schedule), 'On call')]) {
        const { intent } = await bench.runner.grant(wish, { secret });
        await bench.runner.revert(intent, { secret });
        expect(await bench.runner.verify(intent, { secret })).toMatchObject({ proved: true, warnings: [] });
      }
      for (const wish of [
        wishFor(teamTarget(account.addTeam('Website')), 'Responder'),
        wishFor(scheduleTarget(account.addSchedule('Secondary')), 'On call'),
        wishFor(ACCOUNT_TARGET, 'Responder'),
      ]) {
        await expect(bench.runner.grant(wish, { secret })).rejects.toMatchObject({ code: 'TARGET_PERMISSION_DENIED' });
      }
    } finally {
      await bench.stop();
    }
  });
});
