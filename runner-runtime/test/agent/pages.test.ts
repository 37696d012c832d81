import { parse } from 'yaml';
import { z } from 'zod';
import { AGENT_PROBLEMS } from '../../../contract/agent.js';
import { parseAgentConfig } from '../../src/agent/config/read-agent-config.js';
import { checkHooks } from '../../src/agent/rotation/hooks/check-hooks.js';
import { dynamicSecrets } from '../../src/agent/vaults/dynamic/dynamic-secret.js';
import { HELP } from '../../src/cli/get-secret/command-line.js';
import { Failure } from '../../src/cli/get-secret/failure.js';
import { readAnswer } from '../../src/cli/get-secret/read-answer.js';
import { AGENT_PAGES, codeBlocks, readDocs, tableAfter } from './support/page.js';

const CONFIGURATIONS = AGENT_PAGES.flatMap((page) =>
  codeBlocks(page, 'yaml').map((text, index) => [`${page}, example ${index + 1}`, text] as const),
);
/** Of the same schema, but as an editor knows it. */
const editors = z.fromJSONSchema(JSON.parse(readDocs('agent.schema.json')));

describe('a configuration in the pages of the agent', () => {
  it('is found', () => {
    expect(CONFIGURATIONS.length).toBeGreaterThan(10);
  });

  it.each(CONFIGURATIONS)('works: %s', async (name, text) => {
    const settings = parseAgentConfig(text, name);
    checkHooks(settings.rotation.hooks);
    await dynamicSecrets(settings.secrets, settings.dynamic?.ledger_table !== undefined);
    expect(editors.safeParse(parse(text)).error).toBeUndefined();
  });

  it('could fail', () => {
    expect(() => parseAgentConfig('cache:\n  tll: 300\n', 'a page')).toThrow('cache.tll');
    expect(editors.safeParse({ cache: { tll: 300 } }).success).toBe(false);
    expect(editors.safeParse({ cache: { ttl: 0 } }).success).toBe(false);
  });
});

describe('get-secret in docs/agent.md', () => {
  it('has every option of the command, and its default', () => {
    const options = [...HELP.matchAll(/^ {2}(?:-h, )?(--[\w-]+)(?: <\w+>)?/gm)].map(([, option]) => option);
    const rows = tableAfter('agent.md', '<!-- options:');
    expect(rows.map(([cell = '']) => /--[\w-]+/.exec(cell)?.[0])).toEqual(options);
    for (const [cell = '', initial = ''] of rows) {
      const helped = new RegExp(`^  (?:-h, )?${/--[\w-]+/.exec(cell)?.[0]}\\b[^]*?(?=^  -|^$)`, 'm').exec(HELP)?.[0] ?? '';
      const spelled = initial.replaceAll('`', '').replaceAll(/\s+/g, ' ');
      if (/\(default /.test(helped)) expect(helped.replaceAll(/\s+/g, ' ')).toContain(`(default ${spelled})`);
    }
  });

  it('has the exit code of every answer of the agent', () => {
    const rows = new Map(tableAfter('agent.md', '<!-- exit codes:').map(([code, when]) => [Number(code), when]));
    for (const { code, status } of AGENT_PROBLEMS) {
      expect(rows.get(exitCodeOf(code, status))).toMatch(new RegExp(`\\b${status}\\b`));
    }
  });
});

function exitCodeOf(code: string, status: number): number {
  const body = Buffer.from(JSON.stringify({ code, status }));
  try {
    readAnswer({ status, headers: { 'content-type': 'application/problem+json' }, body }, undefined);
  } catch (error) {
    if (error instanceof Failure) return error.exitCode;
    throw error;
  }
  throw new Error(`${code} was taken for a secret`);
}
