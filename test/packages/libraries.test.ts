import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ended, ROOT, succeeded, temporaryFolder } from './support/commands.js';
import { install, NO_REGISTRY, REGISTRY_ANSWERS } from './support/registry.js';
import { packed } from './support/tarballs.js';

const LIBRARIES = { protocol: '@axiom-runner/protocol', 'control-plane': '@axiom-runner/control-plane' } as const;
/** What a compiler must object to, or it objects to the comment. */
const MISTAKES = {
  protocol: "\n// @ts-expect-error\nexport const mistake = () => signTask('no task', {});\n",
  'control-plane': '\n// @ts-expect-error\nexport const mistake = () => createHome(1);\n',
};
const RESOLUTIONS = [
  ['node16', 'node16'],
  ['esnext', 'bundler'],
] as const;

(REGISTRY_ANSWERS ? describe : describe.skip)(`libraries, installed in an empty folder${NO_REGISTRY}`, () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const node = (...args: string[]) => succeeded(process.execPath, args, { cwd: folder.path });

  beforeAll(async () => {
    folder = await temporaryFolder();
    await writeFile(join(folder.path, 'package.json'), '{}');
    const tarballs = await packed(folder.path, ...Object.values(LIBRARIES));
    await install(folder.path, ...[...tarballs.values()].map(({ path }) => path));
    for (const workspace of ['protocol', 'control-plane'] as const) {
      const [, example] = /```ts\n([\s\S]*?)```/.exec(await readFile(join(ROOT, workspace, 'README.md'), 'utf8')) ?? [];
      if (example === undefined) throw new Error(`${workspace}/README.md has no example`);
      await writeFile(join(folder.path, `${workspace}.mts`), `${example}${MISTAKES[workspace]}`);
    }
  }, 240_000);

  afterAll(() => folder.dispose());

  /** Type errors of files in the folder, in strict mode. */
  async function typeErrors([module, moduleResolution]: readonly [string, string], ...args: readonly string[]): Promise<string> {
    const types = ['--types', 'node', '--typeRoots', join(ROOT, 'node_modules/@types')];
    const options = ['--noEmit', '--strict', '--target', 'es2022', '--module', module, '--moduleResolution', moduleResolution, ...types];
    return (await ended(join(ROOT, 'node_modules/.bin/tsc'), [...options, ...args], { cwd: folder.path })).stdout;
  }

  it.each(RESOLUTIONS)(
    'have types for module %s with resolution %s, which find mistakes',
    async (...resolution) => {
      // The declarations of Temporal's own packages have faults.
      expect(await typeErrors(resolution, '--skipLibCheck', 'protocol.mts', 'control-plane.mts')).toBe('');
    },
    180_000,
  );

  it('have types without faults', async () => {
    expect(await typeErrors(RESOLUTIONS[0], 'protocol.mts')).toBe('');
  }, 180_000);

  it('sign a task and read it again, as the README of the protocol does', async () => {
    expect(await node('--import', join(ROOT, 'node_modules/tsx/dist/loader.mjs'), 'protocol.mts')).toBe('TestConnection\n');
  }, 60_000);

  it('make a group and its keys, as the README of the control plane does', async () => {
    const said = await node('--import', join(ROOT, 'node_modules/tsx/dist/loader.mjs'), 'control-plane.mts');
    expect(said).toMatch(/^rg-[0-9a-f]+ [1-9]\d+ \d+\n$/);
  }, 60_000);

  it.each(Object.values(LIBRARIES))(
    '%s is loaded by import and by require',
    async (name) => {
      const imported = await node('--input-type=module', '--eval', `console.log(Object.keys(await import('${name}')).join())`);
      const required = await node('--input-type=commonjs', '--eval', `console.log(Object.keys(require('${name}')).join())`);
      expect(required).toBe(imported);
      expect(imported.split(',').length).toBeGreaterThan(10);
    },
    60_000,
  );

  it('bring the command axiomctl', async () => {
    const npx = (...args: string[]) => succeeded('npx', ['--no', '--', 'axiomctl', ...args], { cwd: folder.path });
    expect(await npx('--help')).toContain('Usage: axiomctl');
    const created = await npx('group', 'create', '--name', 'production', '--tenant', 'acme', '--address', '127.0.0.1:7233', '--tls', 'off');
    expect(created).toContain('TENANT_ID=acme');
  }, 60_000);
});
