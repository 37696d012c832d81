import { join } from 'node:path';
import { makeTemporaryDirectory, removeTemporaryDirectory } from './cleanup.js';
import { httpStatus } from './http-status.js';
import { onPort } from './ports.js';
import { pythonInterpreter, pythonPackage } from './python-package.js';
import { executable, onPath, resolveServer, type Say } from './resolve.js';
import { ServerProcess } from './server-process.js';

const what = 'moto';
/** The package of PyPI, with what its server needs. */
const published = { name: 'moto', extra: 'server', version: '5.2.5' };

/** AWS's own policies are there to be attached. */
const settings = { MOTO_IAM_LOAD_MANAGED_POLICIES: 'true' };

export interface MotoOptions {
  /** The port on 127.0.0.1. @default a free port */
  readonly port?: number;
  readonly say?: Say;
}

/**
 * An emulator of more of AWS's APIs than `startAwsEmulator` has, IAM Identity Center among them. It asks nobody for permission: any keys
 * will do, and its policies decide nothing. It keeps everything in memory.
 */
export interface Moto {
  readonly endpoint: string;
  /** The account that any keys belong to, unless they are those of a role of another account. */
  readonly accountId: string;
  readonly pid: number;
  /** Deletes all resources of all accounts. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

/** How moto's server is run. */
export interface MotoProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** Starts moto's server, found as `findMoto` does. */
export async function startMoto(options: MotoOptions = {}): Promise<Moto> {
  const program = await findMoto(options.say);
  const directory = await makeTemporaryDirectory('axiom-moto-');
  try {
    return await onPort(what, options.port, async (port) => {
      const endpoint = `http://127.0.0.1:${port}`;
      const server = new ServerProcess({
        what,
        command: program.command,
        args: [...program.args, '-H', '127.0.0.1', '-p', String(port)],
        env: { ...environment(), ...program.env, PYTHONDONTWRITEBYTECODE: '1', TMPDIR: directory, ...settings },
      });
      await server.ready(async () => (await httpStatus('GET', `${endpoint}/moto-api/data.json`)) === 200, 60_000);
      return {
        endpoint,
        accountId: '123456789012',
        pid: server.pid,
        reset: async () => {
          const status = await httpStatus('POST', `${endpoint}/moto-api/reset`);
          if (status !== 200) throw new Error(`moto answered ${status} to a reset`);
        },
        stop: async () => {
          await server.stop();
          await removeTemporaryDirectory(directory);
        },
      };
    });
  } catch (error) {
    await removeTemporaryDirectory(directory);
    throw error;
  }
}

/**
 * Finds moto's server: the one that `AXIOM_TEST_MOTO` names, the package of PyPI (installed once per user), or that of PATH, which comes
 * last because it can't be asked for its version, and every version answers differently.
 */
export function findMoto(say?: Say): Promise<MotoProgram> {
  const programAt = (command: string): MotoProgram => ({ command, args: [] });
  return resolveServer<MotoProgram>({
    what,
    variable: 'AXIOM_TEST_MOTO',
    fromVariable: async (path) => programAt(await executable(path)),
    ways: [
      {
        name: `PyPI package ${published.name} ${published.version}`,
        find: async () => {
          const modules = await pythonPackage(published, say);
          return { command: await pythonInterpreter(), args: [join(modules, 'bin', 'moto_server')], env: { PYTHONPATH: modules } };
        },
      },
      { name: 'PATH', find: async () => programAt(await onPath('moto_server')) },
    ],
    mend: 'install moto[server] and put moto_server on PATH, or set AXIOM_TEST_MOTO to its path, or make Python 3 with pip available',
  });
}

/** The environment without settings that whoever runs this has for AWS or for another moto. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(AWS|MOTO)_/.test(name)));
}
