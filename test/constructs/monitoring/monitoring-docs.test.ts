import { RunnerMonitoring } from '../../../constructs';
import { SAVED_QUERIES } from '../../../constructs/monitoring/saved-queries';
import { readPage, tableAfter } from '../../docs/support/markdown';
import { StandInHost } from '../../support/runner-host';
import { aStack } from '../../support/synth';

describe('docs/monitoring.md', () => {
  const page = readPage('docs/monitoring.md');
  const firstCells = (heading: string) => tableAfter(page, heading).map(([cell]) => cell);

  it('lists every alarm', () => {
    const stack = aStack();
    const monitoring = new RunnerMonitoring(stack, 'Monitoring', { runner: new StandInHost(stack, 'Runner') });
    const names = Object.keys(monitoring).filter((name) => name.endsWith('Alarm'));
    expect(names).toHaveLength(monitoring.alarms.length);
    expect(firstCells('## Alarms')).toEqual(names.map((name) => `\`${name.slice(0, -'Alarm'.length)}\``));
  });

  it('lists every saved query', () => {
    expect(firstCells('## Saved queries')).toEqual(SAVED_QUERIES.map(({ name }) => `\`${name}\``));
  });
});
