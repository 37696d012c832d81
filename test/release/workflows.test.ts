import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { pythonPackage } from '../../local-servers/src/python-package.js';
import { ROOT, run } from './support/release-command.js';

const FOLDER = '.github/workflows';
const names = await readdir(join(ROOT, FOLDER));
const textOf = (name: string) => readFile(join(ROOT, FOLDER, name), 'utf8');
const zizmor = await pythonPackage({ name: 'zizmor', version: '1.32.0' }).then(
  (folder) => join(folder, 'bin/zizmor'),
  () => undefined,
);

(zizmor === undefined ? it.skip : it)(
  'give an auditor of workflows nothing to report (skipped without a Python package index)',
  async () => {
    await access(zizmor ?? '');
    const { code, stdout } = await run(zizmor ?? '', ['--offline', '--no-progress', '--color=never', '--pedantic', '.github']);
    expect({ code, stdout: stdout.trim() }).toEqual({ code: 0, stdout: 'No findings to report. Good job!' });
  },
  60_000,
);

it.each(names)('%s pins every action to a commit, and names its version', async (name) => {
  for (const [, action] of (await textOf(name)).matchAll(/uses: (.*)/g))
    expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
});

it.each(names)('%s gives no permission to a job that does not ask for it', async (name) => {
  const { permissions, jobs } = parse(await textOf(name));
  expect(permissions).toEqual({});
  for (const job of Object.values<{ permissions?: object; 'timeout-minutes'?: number }>(jobs)) {
    expect(job['timeout-minutes']).toBeGreaterThan(0);
  }
});

it('run what stands in this repository', async () => {
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  for (const name of names) {
    const text = await textOf(name);
    for (const [, script] of text.matchAll(/npm run (?:--silent )?([\w:-]+)/g)) expect(Object.keys(scripts)).toContain(script);
    for (const [, path] of text.matchAll(/(?:node|bash) ([\w./-]+\.(?:mjs|sh)|\.ci\/run)/g)) await access(join(ROOT, path ?? ''));
  }
});
