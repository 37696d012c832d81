import { hostname } from 'node:os';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { quietEngine } from '../support/workflow-bench.js';
import { textOf } from './support/history.js';
import { readHistory, recordedHistories, replay } from './support/replays.js';

jest.setTimeout(60_000);
beforeAll(() => quietEngine());

describe('workflows that an earlier version began', () => {
  it.each(recordedHistories())('go on with this one: %s', async (name) => {
    await replay(readHistory(name));
  });

  it('are noticed when this version would go another way', async () => {
    const history = readHistory('ProvisionAccess-expired.json');
    const renamed = JSON.parse(JSON.stringify(history).replaceAll('"revertAccess"', '"removeAccess"'));
    await expect(replay(renamed)).rejects.toThrow(/Nondeterminism/);
  });

  it.each(recordedHistories())('were recorded without a trace of the machine: %s', (name) => {
    const text = textOf(readHistory(name));
    const traces = [hostname(), process.cwd(), '/home/', '/tmp/', '/root/'].filter((trace) => text.includes(trace));
    expect(traces).toEqual([]);
    expect(/\d+@/.exec(text)?.[0]).toBeUndefined();
  });
});
