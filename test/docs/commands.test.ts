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

it('finds them behind variables and within a substitution, too', () => {
  const found = commandLines(
    'TOKEN=$(axiomrunner agent app list)\nA=1 B="2" segura-agent get-secret --id a\nsudo -u shop axiomrunner version\n',
  );
  expect(found).toEqual(['axiomrunner agent app list)', 'segura-agent get-secret --id a', 'axiomrunner version']);
});

describe('the check of command lines can fail:', () => {
  it.each([
    ['axiomrunner acces list', 'axiomrunner has no command acces'],
    ['axiomrunner access list --everything', 'axiomrunner access list has no option --everything'],
    ['axiomctl access grant --frobnicate 1', 'axiomctl access grant has no option --frobnicate'],
    ['segura-agent get-secret --name db -- psql --no-psqlrc', 'segura-agent get-secret has no option --name'],
  ])(
    '%s',
    async (line, fault) => {
      expect(await faultsOf(line)).toEqual([fault]);
    },
    30_000,
  );
});
