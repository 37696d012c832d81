import { commandLines, faultsOf } from './support/command-line';
import { codeBlocks, markdownFiles, readPage, tableAfter } from './support/markdown';

const LINES = markdownFiles().flatMap((page) =>
  ['sh', 'console']
    .flatMap((language) => codeBlocks(readPage(page), language))
    .flatMap(commandLines)
    .map((line) => [page, line] as const),
);

it('finds command lines in the pages', () => {
  expect(LINES.length).toBeGreaterThan(10);
});

it.each(LINES)(
  '%s: %s',
  async (_, line) => {
    expect(await faultsOf(line)).toEqual([]);
  },
  30_000,
);

it('docs/running.md lists commands that there are', async () => {
  const commands = tableAfter(readPage('docs/running.md'), '## Commands').map(([command = '']) => command.replaceAll('`', ''));
  const faults = await Promise.all(commands.map((command) => faultsOf(`axiomrunner ${command} --env-file .env`)));
  expect(commands.filter((_, index) => faults[index]?.length !== 0 && commands[index] !== 'version')).toEqual([]);
}, 30_000);

describe('the check of command lines can fail:', () => {
  it.each([
    ['axiomrunner acces list', 'axiomrunner has no command acces'],
    ['axiomrunner access list --everything', 'axiomrunner access list has no option --everything'],
    ['axiomctl access grant --frobnicate 1', 'axiomctl access grant has no option --frobnicate'],
  ])(
    '%s',
    async (line, fault) => {
      expect(await faultsOf(line)).toEqual([fault]);
    },
    30_000,
  );
});
