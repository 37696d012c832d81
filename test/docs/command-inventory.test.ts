import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings } from '../../bin/settings';
import { documentedCommands, RULES, shellBlocks } from './support/command-inventory';
import { faultsOf } from './support/command-line';
import { ROOT, readPage } from './support/markdown';

const COMMANDS = documentedCommands();

it('every command of the pages is held by something, or it is said why not', () => {
  expect(COMMANDS.length).toBeGreaterThan(150);
  expect(COMMANDS.filter(({ line }) => !RULES.some(({ commands }) => commands.test(line)))).toEqual([]);
});

it('every rule is there for a command', () => {
  const inUse = new Set(COMMANDS.map(({ line }) => RULES.find(({ commands }) => commands.test(line))));
  expect(RULES.filter((rule) => !inUse.has(rule)).map(({ commands }) => commands.source)).toEqual([]);
});

it.each(
  RULES.flatMap(({ heldBy }) => ('notHere' in heldBy ? [] : [['runBy' in heldBy ? heldBy.runBy : heldBy.readBy, heldBy.shows] as const])),
)('%s shows %s', (test, shows) => {
  expect(existsSync(join(ROOT, test)) && readPage(test).includes(shows)).toBe(true);
});

it('finds commands in lists and behind prompts, and not what they print', () => {
  const page = '1. a\n\n   ```sh\n   aws a \\\n     b\n   ```\n\n```console\n$ axiomctl x\nprinted\n```\n';
  expect(shellBlocks(page)).toEqual(['   aws a \\\n     b\n', '$ axiomctl x\n']);
});

it('base64 -w0 prints one line, as RUNNER_POLICY takes it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'axiom-docs-'));
  try {
    writeFileSync(join(folder, 'rules.cedar'), 'permit (principal, action, resource);\n'.repeat(9));
    const [line = ''] = COMMANDS.flatMap((command) => (command.line.startsWith('base64 -w0') ? [command.line] : []));
    const printed = execFileSync('bash', ['-c', line], { cwd: folder, encoding: 'utf8' });
    expect(printed).toMatch(/^[A-Za-z0-9+/]+=*$/);
    expect(Buffer.from(printed, 'base64').toString()).toContain('permit');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it.each(COMMANDS.filter(({ line }) => line.startsWith('npx axiomctl ')).map(({ page, line }) => [page, line]))(
  '%s: %s is a command that there is',
  async (_, line = '') => {
    expect(await faultsOf(line.replace('npx ', ''))).toEqual([]);
  },
  30_000,
);

const DEPLOYMENTS = COMMANDS.filter(({ line }) => /^npx cdk deploy .*-c /.test(line)).map(({ page, line }) => [page, line] as const);

it.each(DEPLOYMENTS)('%s: %s names settings that the app takes', (_, line) => {
  const context = Object.fromEntries([...line.matchAll(/-c ([^\s=]+)=(\S+)/g)].map(([, key = '', value]) => [key, value]));
  expect(Object.keys(readSettings(context))).toHaveLength(new Set(['host', ...Object.keys(context)]).size);
});
