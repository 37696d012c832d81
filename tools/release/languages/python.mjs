import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pythonInterpreter, pythonPackage } from '../../../local-servers/src/python-package.ts';
import { run } from '../run-program.mjs';
import { generateBindings } from './bindings.mjs';

/** What the generated pyproject.toml asks for, at one version. */
const SETUPTOOLS = { name: 'setuptools', version: '75.3.2' };
// setuptools changes sys.argv while it builds.
const BUILD = 'import sys; from setuptools import build_meta as b; to = sys.argv[1]; b.build_sdist(to); b.build_wheel(to)';

/** Builds the source distribution and the wheel. */
export async function makePython({ folder, scratch, time, say }) {
  const code = generateBindings('python', scratch);
  const [python, setuptools] = await Promise.all([pythonInterpreter(), pythonPackage(SETUPTOOLS, say)]);
  const seconds = String(time.getTime() / 1000);
  const env = { PYTHONPATH: setuptools, PYTHONDONTWRITEBYTECODE: '1', SOURCE_DATE_EPOCH: seconds };
  run(python, ['-c', BUILD, folder], { cwd: code, env });
  for (const name of readdirSync(folder).filter((name) => name.endsWith('.tar.gz'))) {
    run(python, [join(import.meta.dirname, 'reproducible_sdist.py'), join(folder, name), seconds]);
  }
}
