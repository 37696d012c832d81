import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cachedFolder } from '../../../local-servers/src/cache.js';
import { pythonInterpreter } from '../../../local-servers/src/python-package.js';
import { LIBRARY, ROOT, run } from './programs.js';

/** The peers, and the runtime of the compiler's version, that the bindings are made for. */
async function packages(): Promise<string[]> {
  const { version } = JSON.parse(await readFile(join(ROOT, 'node_modules/jsii-pacmak/package.json'), 'utf8'));
  const peers = Object.keys(LIBRARY.peerDependencies).map((name) => `${name}==${LIBRARY.devDependencies[name]}`);
  return [...peers, `jsii==${version}`];
}

/** The folder with the Python packages that the library needs, installed once per user; rejects when there is no pip or no registry. */
export async function pythonPeers(): Promise<string> {
  const wanted = await packages();
  const name = wanted.map((one) => one.replace('==', '-')).join('-');
  return cachedFolder(`python-${name}`, async (into) => {
    const environment = join(into, '..', 'venv');
    await run(await pythonInterpreter(), ['-m', 'venv', environment], into);
    await run(join(environment, 'bin/python'), ['-m', 'pip', 'install', '--quiet', '--no-input', '--target', into, ...wanted], into);
  });
}

/** A virtual environment that has the peers. @returns its interpreter */
export async function environmentWithPeers(folder: string, peers: string): Promise<string> {
  await run(await pythonInterpreter(), ['-m', 'venv', folder], '/');
  const python = join(folder, 'bin/python');
  const sites = await run(python, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'], '/');
  await writeFile(join(sites.trim(), 'peers.pth'), `${peers}\n`);
  return python;
}
