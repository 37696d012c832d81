import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { goProgram } from './go-program.js';
import { executable, resolveServer, type Say } from './resolve.js';

const sources = fileURLToPath(new URL('../kubernetes', import.meta.url));

/**
 * The path of the program that is etcd, kube-apiserver, kube-controller-manager or kube-scheduler, as its first argument says.
 * In this order: the file that `AXIOM_TEST_KUBERNETES` names, the user's cache, a build from Go modules (minutes, once).
 */
export function kubernetesBinary(say?: Say): Promise<string> {
  return resolveServer({
    what: 'Kubernetes',
    variable: 'AXIOM_TEST_KUBERNETES',
    fromVariable: executable,
    ways: [{ name: 'a build of local-servers/kubernetes', find: () => build(say) }],
    mend: 'install Go 1.26 or newer and put it on PATH, or set AXIOM_TEST_KUBERNETES to a program that was built from local-servers/kubernetes',
  });
}

async function build(say?: Say): Promise<string> {
  const files = await Promise.all(['go.mod', 'go.sum', 'main.go'].map((name) => readFile(join(sources, name), 'utf8')));
  const flags = buildFlags(files[0] ?? '');
  const hash = createHash('sha256').update(JSON.stringify([flags, ...files]));
  return goProgram(
    {
      what: 'Kubernetes',
      folder: `kubernetes-${hash.digest('hex').slice(0, 16)}`,
      file: 'kubernetes',
      build: (into) => ({
        args: ['build', ...flags, '-o', join(into, 'kubernetes'), '.'],
        cwd: sources,
        env: { CGO_ENABLED: '0' },
      }),
    },
    say,
  );
}

/** The version is set by the linker, as the project's own releases do: without it the API server says v0.0.0. */
function buildFlags(goMod: string): string[] {
  const [, version, major, minor] = /k8s\.io\/kubernetes (v(\d+)\.(\d+)\.\d+)/.exec(goMod) ?? [];
  if (version === undefined) throw new Error('go.mod names no version of k8s.io/kubernetes');
  const variables = { gitVersion: version, gitMajor: major, gitMinor: minor };
  const linker = Object.entries(variables).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`);
  return ['-mod=readonly', '-trimpath', '-buildvcs=false', '-ldflags', `-s -w ${linker.join(' ')}`];
}
