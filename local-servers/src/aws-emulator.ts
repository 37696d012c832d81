import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeAuthority } from './certificates.js';
import { makeTemporaryDirectory, removeTemporaryDirectory } from './cleanup.js';
import { httpStatus } from './http-status.js';
import { onPort } from './ports.js';
import { pythonInterpreter, pythonPackage } from './python-package.js';
import { executable, onPath, resolveServer, type Say } from './resolve.js';
import { ServerProcess } from './server-process.js';

const accountId = '123456789012';
const region = 'us-east-1';
const secretKey = 'test';
/** CloudFormation types that the emulator lacks; Python runs the folder's sitecustomize.py at its start. */
const addedTypes = fileURLToPath(new URL('../aws-emulator', import.meta.url));
/** Modules of the AWS SDK that AWS Lambda's runtimes have and the emulator lacks. */
const lambdaModules = join(addedTypes, 'lambda-modules');

export interface AwsEmulatorOptions {
  /** The port on 127.0.0.1. @default a free port */
  readonly port?: number;
  /**
   * Enforce IAM as AWS does: signatures are checked, policies decide. @default false
   *
   * The account's root (the returned credentials) may do everything. Another principal needs real keys: a user's from
   * CreateAccessKey, or a role's from AssumeRole (key, secret and session token together). What no policy allows is refused
   * with `AccessDeniedException` (`AccessDenied` by IAM and STS), an unknown key with `UnrecognizedClientException`, a wrong
   * secret with `InvalidSignatureException`. The status of these is 403, where AWS's JSON services answer 400.
   * AssumeRole wants an existing role whose trust policy names the caller and whose conditions, such as an external id, hold.
   */
  readonly enforceIam?: boolean;
  /** HTTPS only, with a certificate of an own authority. With `enforceIam`, uploads of CDK assets need it. @default false */
  readonly tls?: boolean;
  /** A directory with programs that functions find before all others, as those of their layers on AWS. @default none */
  readonly functionPrograms?: string;
  /** A directory to keep the state in over a stop and a start. @default in memory */
  readonly stateDir?: string;
  readonly say?: Say;
}

/** An emulator of AWS APIs; each access key id of twelve digits is the root of the account of that id. */
export interface AwsEmulator {
  readonly endpoint: string;
  /** The certificate authority to trust; only with `tls`. */
  readonly caFile?: string;
  /**
   * What a process needs in its environment to use it with any AWS SDK or tool, as root of account 123456789012.
   * With `tls`, Node reads NODE_EXTRA_CA_CERTS at its start only: in this process, pass `caFile` to the client.
   */
  readonly environment: Readonly<Record<string, string>>;
  /** Changes with a restart. */
  readonly pid: number;
  /** Deletes all resources of all accounts. */
  reset(): Promise<void>;
  /** Ends it without warning, as a crash would. */
  kill(): Promise<void>;
  /** Stops it, if it runs, and starts it again on the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface AwsEmulatorProgram {
  readonly command: string;
  readonly args: readonly string[];
  /** The folder of its Python modules. @default what the program itself knows */
  readonly modules?: string;
}

/** Starts the AWS emulator ministack. */
export async function startAwsEmulator(options: AwsEmulatorOptions = {}): Promise<AwsEmulator> {
  const program = await findMinistack(options.say);
  const directory = await makeTemporaryDirectory('axiom-aws-');
  try {
    const tls = (options.tls ?? false) ? await tlsMaterial(directory) : undefined;
    return await onPort('The AWS emulator', options.port, async (port) => {
      const scheme = tls === undefined ? 'http' : 'https';
      const loopback = `${scheme}://127.0.0.1:${port}`;
      const launch = () =>
        launchMinistack(program, { ...settingsOf(options, directory), ...tls?.settings, GATEWAY_PORT: String(port) }, loopback, tls?.ca);
      let server = await launch();
      return {
        endpoint: `${scheme}://localhost:${port}`,
        ...(tls && { caFile: tls.caFile }),
        environment: { ...clientEnvironment(scheme, port), ...(tls && { NODE_EXTRA_CA_CERTS: tls.caFile, AWS_CA_BUNDLE: tls.caFile }) },
        get pid() {
          return server.pid;
        },
        reset: async () => {
          const status = await httpStatus('POST', `${loopback}/_ministack/reset`, { ca: tls?.ca });
          if (status !== 200) throw new Error(`the AWS emulator answered ${status} to a reset`);
        },
        kill: () => server.kill(),
        restart: async () => {
          await server.stop();
          server = await launch();
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
 * In this order: the program that `AXIOM_TEST_MINISTACK` names, PATH, the package ministack of PyPI (installed once per user).
 * With `tls` a program that is not the package's also listens on 127.0.0.1:443 when it may.
 */
export function findMinistack(say?: Say): Promise<AwsEmulatorProgram> {
  // Lambda's runtime for Python has boto3; this one fits the emulator's botocore.
  const published = { name: 'ministack', version: '1.5.33', companions: ['boto3==1.43.106'] };
  const programAt = (command: string): AwsEmulatorProgram => ({ command, args: [] });
  return resolveServer({
    what: 'The AWS emulator (ministack)',
    variable: 'AXIOM_TEST_MINISTACK',
    fromVariable: async (path) => programAt(await executable(path)),
    ways: [
      { name: 'PATH', find: async () => programAt(await onPath('ministack')) },
      {
        name: `PyPI package ${published.name} ${published.version}`,
        find: async () => {
          const modules = await pythonPackage(published, say);
          const withoutPort443 = 'from ministack import app; app._port_is_bindable = lambda *_: False; app.main()';
          return { command: await pythonInterpreter(), args: ['-c', withoutPort443], modules };
        },
      },
    ],
    mend: 'install ministack and put it on PATH, or set AXIOM_TEST_MINISTACK to its path, or make Python 3 with pip available',
  });
}

async function launchMinistack(
  program: AwsEmulatorProgram,
  settings: NodeJS.ProcessEnv,
  loopback: string,
  ca?: Buffer,
): Promise<ServerProcess> {
  // The emulator takes its root credentials from AWS_*: those of whoever runs this must not get in.
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_') && !name.startsWith('MINISTACK_'));
  const server = new ServerProcess({
    what: 'The AWS emulator',
    command: program.command,
    args: program.args,
    env: { ...Object.fromEntries(inherited), ...settings, PYTHONPATH: modulePath(program), PYTHONDONTWRITEBYTECODE: '1' },
  });
  await server.ready(async () => (await httpStatus('GET', `${loopback}/_ministack/health`, { ca })) === 200, 30_000);
  return server;
}

function modulePath({ modules = process.env.PYTHONPATH }: AwsEmulatorProgram): string {
  return modules === undefined || modules === '' ? addedTypes : `${addedTypes}${delimiter}${modules}`;
}

function settingsOf(options: AwsEmulatorOptions, directory: string): NodeJS.ProcessEnv {
  return {
    BIND_HOST: '127.0.0.1',
    AUTH: String(options.enforceIam ?? false),
    AWS_SECRET_ACCESS_KEY: secretKey,
    MINISTACK_REGION: region,
    MINISTACK_ACCOUNT_ID: accountId,
    MINISTACK_AUTOCREATE_AWS_MANAGED: '1',
    PERSIST_STATE: options.stateDir === undefined ? '0' : '1',
    S3_PERSIST: options.stateDir === undefined ? '0' : '1',
    STATE_DIR: join(options.stateDir ?? directory, 'state'),
    S3_DATA_DIR: join(options.stateDir ?? directory, 's3'),
    TMPDIR: directory,
    NODE_PATH: lambdaModules,
    // Where the CDK's function for Kubernetes writes, which shares /tmp with nobody on AWS.
    TEST_OUTDIR: directory,
    AXIOM_FUNCTION_PROGRAMS: options.functionPrograms ?? '',
    LOG_LEVEL: 'WARNING',
    // Side doors: further listeners, and a Docker daemon whose containers it would clear away.
    IOT_MTLS_ENABLED: '0',
    SFTP_ENABLED: '0',
    DOCKER_HOST: `unix://${directory}/no-docker.sock`,
  };
}

function clientEnvironment(scheme: string, port: number): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: `${scheme}://localhost:${port}`,
    // By address: by name the bucket would become part of the host name, which does not resolve everywhere.
    AWS_ENDPOINT_URL_S3: `${scheme}://127.0.0.1:${port}`,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: accountId,
    AWS_SECRET_ACCESS_KEY: secretKey,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

async function tlsMaterial(directory: string): Promise<{ caFile: string; ca: Buffer; settings: NodeJS.ProcessEnv }> {
  const authority = await makeAuthority(directory);
  const { certFile, keyFile } = await authority.issueServer();
  const settings = { USE_SSL: '1', MINISTACK_SSL_CERT: certFile, MINISTACK_SSL_KEY: keyFile };
  return { caFile: authority.caFile, ca: await readFile(authority.caFile), settings };
}
