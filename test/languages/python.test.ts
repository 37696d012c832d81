import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { APPS, makeLanguages, ROOT, run, synthesised, synthesisedByTypeScript, WITHOUT_VALIDATION } from './support/programs.js';
import { environmentWithPeers, pythonPeers } from './support/python-environment.js';

let why = '';
const peers = await pythonPeers().catch((error: Error) => {
  why = `: needs python3 with venv and pip, and its package registry (${error.message.split('\n')[0]})`;
});

(peers === undefined ? describe.skip : describe)(`the library for Python${why}`, () => {
  let folder: string;
  let python: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'axiom-python-'));
    const made = makeLanguages(folder, '--language', 'python');
    python = await environmentWithPeers(join(folder, 'venv'), peers ?? '');
    await made;
  }, 180_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('is a wheel that pip installs beside the peers, and a source distribution', async () => {
    const files = await readdir(join(folder, 'python'));
    expect(files.sort()).toEqual([expect.stringMatching(/^axiom_runner-.*-py3-none-any\.whl$/), expect.stringMatching(/\.tar\.gz$/)]);
    // Without an index, pip fails when the wheel asks for more than the peers in the versions of the lock file.
    await run(python, ['-m', 'pip', 'install', '--quiet', '--no-index', join(folder, 'python', files[0] ?? '')], folder);
  }, 120_000);

  it('makes the templates and manifests that TypeScript makes', async () => {
    const [ofPython, ofTypeScript] = [join(folder, 'made'), join(folder, 'typescript')];
    await mkdir(ofPython);
    const typescript = synthesisedByTypeScript(ofTypeScript);
    await run(python, [join(APPS, 'python/app.py'), join(ofPython, 'cdk'), join(ofPython, 'charts')], folder, WITHOUT_VALIDATION);
    const expected = await typescript;
    expect(Object.keys(expected)).toHaveLength(4);
    expect(await synthesised(ofPython)).toEqual(expected);
  }, 180_000);

  it('runs the example of the documentation', async () => {
    const [, example = ''] = /^```python\n(.*?)^```$/ms.exec(await readFile(join(ROOT, 'docs/languages.md'), 'utf8')) ?? [];
    await run(python, ['-c', example], folder, { ...WITHOUT_VALIDATION, CDK_OUTDIR: join(folder, 'example') });
    const { 'AxiomRunner.template.json': template } = await synthesised(join(folder, 'example'));
    expect(JSON.stringify(template)).toContain('axiom-security/postgresql/orders.example.com');
  }, 120_000);
});
