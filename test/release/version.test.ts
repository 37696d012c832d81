import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT, run, VERSION } from './support/release-command.js';

const read = (path: string) => readFile(join(ROOT, path), 'utf8');
const tracked = async (pattern: string) => (await run('git', ['ls-files', pattern])).stdout.trim().split('\n');

it('is one in all packages, and in what they want of each other', async () => {
  for (const path of await tracked('*package.json')) {
    const manifest = JSON.parse(await read(path));
    if (manifest.version !== undefined && !path.includes('lambda-modules'))
      expect({ path, version: manifest.version }).toEqual({ path, version: VERSION });
    for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
      if (name.startsWith('@axiom-runner/')) expect({ path, name, version }).toEqual({ path, name, version: VERSION });
    }
  }
});

it('is that of the charts and of the runtime', async () => {
  for (const path of await tracked('deploy/helm/*/Chart.yaml'))
    expect(parse(await read(path))).toMatchObject({ version: VERSION, appVersion: VERSION });
  expect(await read('runner-runtime/src/version.ts')).toContain(`'${VERSION}'`);
});

it('has a section in CHANGELOG.md', async () => {
  expect(await read('CHANGELOG.md')).toMatch(new RegExp(`^## (${VERSION} \\(\\d{4}-\\d{2}-\\d{2}\\)|Unreleased \\(${VERSION}\\))$`, 'm'));
});

it('is set everywhere by one command, which refuses what is no version', async () => {
  const { code, stderr } = await run(process.execPath, ['tools/release/set-version.mjs', 'one']);
  expect({ code, stderr }).toEqual({ code: 64, stderr: expect.stringContaining('Allowed: X.Y.Z') });
});
