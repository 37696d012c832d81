import { describe, expect, it } from '@jest/globals';
import { Redactor } from '../../../src/guard/redaction.js';
import { StateKey } from '../../../src/guard/state-key.js';
import { createLogger } from '../../../src/operations/logger.js';
import { openNetwork } from '../../../src/operations/transport.js';
import { Reaper } from '../../../src/systems/reaper.js';
import { Systems } from '../../../src/systems/systems.js';
import { GROUP } from '../runner-harness.js';
import { eachWithFreshOrganization } from './bench.js';

const DAY = 86_400;
const HOUR = 3600;

describe('an access that is longer than the expiry that Atlas takes', () => {
  const at = eachWithFreshOrganization();

  /** The reaper of a runner that has just started. */
  function newReaper(): Reaper {
    const now = () => at.runner.seconds * 1000;
    const log = createLogger({ write: () => undefined });
    const read = async () => ({ current: JSON.stringify(at.runner.secret) });
    const systems = new Systems({
      group: GROUP,
      stateKey: new StateKey('a state key of at least 32 characters'),
      store: { engine: 'test', read, readWithPrevious: read },
      redactor: new Redactor(),
      log,
      now,
      network: openNetwork({ proxy: undefined, noProxy: undefined, extraCa: undefined }),
      ledgerOf: () => at.runner.access().ledger,
    });
    systems.watch(at.runner.system);
    return new Reaper({ systems, log, records: log, now });
  }

  const wish = () => ({ target: at.organization.target('project', at.organization.payments.id), permission: 'Read' });

  it('is kept by the reaper: at its start, and every half day', async () => {
    const intent = { ...(await at.runner.plan(wish())), expiresAt: at.runner.seconds + 20 * DAY };
    await at.runner.apply(intent);
    const ends = () => Date.parse(at.organization.payments.databaseUsers.get(intent.principal.id)?.deleteAfterDate ?? '') / 1000;
    const weekAhead = () => at.runner.seconds + 7 * DAY - 600;
    const first = ends();
    expect(first).toBe(weekAhead());

    at.runner.seconds += 5 * DAY;
    const reaper = newReaper();
    await reaper.round();
    const renewed = ends();
    expect(renewed).toBe(weekAhead());

    at.runner.seconds += HOUR;
    await reaper.round();
    expect(ends()).toBe(renewed);

    at.runner.seconds += 12 * HOUR;
    await reaper.round();
    expect(ends()).toBe(weekAhead());

    at.runner.seconds = intent.expiresAt - DAY;
    await newReaper().round();
    expect(ends()).toBe(intent.expiresAt + 60);
  });

  it('that is not longer is left as it is', async () => {
    const { intent } = await at.runner.grant(wish());
    const before = at.organization.payments.databaseUsers.get(intent.principal.id)?.deleteAfterDate;
    at.runner.seconds += 60;
    await newReaper().round();
    expect(at.organization.payments.databaseUsers.get(intent.principal.id)?.deleteAfterDate).toBe(before);
  });
});
