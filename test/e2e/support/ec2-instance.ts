import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { runnerBundle } from '@axiom-runner/local-servers';

const run = promisify(execFile);

/** A folder in the place of an instance's file system, in which user data runs for real. */
export interface Instance {
  /** Runs user data to its end. @returns its exit code and all that it printed */
  boot(userData: string, environment: Readonly<Record<string, string>>): Promise<{ readonly code: number; readonly output: string }>;
  /** Text of a file by the path that it has on an instance; empty when there is none. */
  read(path: string): Promise<string>;
  /** Permissions of a file, by the same path. */
  modeOf(path: string): Promise<number>;
  /** What was called of the programs that only an instance has, one call a line. */
  calls(): Promise<string>;
  /** Ends what runs and removes it. */
  dispose(): Promise<void>;
}

/** Programs of an instance that are only noted down. */
const NOTED = ['dnf', 'useradd', 'chown', 'opt/aws/bin/cfn-signal', 'opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl'];

/** As far as user data needs it: starts what the unit says, and knows whether it still runs. */
const SYSTEMCTL = `unit=$ROOT/etc/systemd/system/axiom-runner.service
of_unit() { sed -n "s/^$1=//p" "$unit"; }
case $1 in
  enable)
    log=$(of_unit StandardOutput)
    setsid $(of_unit ExecStart) >>"\${log#append:}" 2>&1 </dev/null &
    echo $! >"$ROOT/pid" ;;
  is-failed) ! kill -0 "$(cat "$ROOT/pid")" 2>/dev/null ;;
esac
`;

/** Makes an instance. Folders and programs that only an instance has are in a temporary folder; user data is told their paths there. */
export async function anInstance(): Promise<Instance> {
  const root = await mkdtemp(join(tmpdir(), 'axiom-instance-'));
  const note = 'echo "$(basename "$0") $*" >>"$ROOT/calls"\n';
  for (const program of NOTED) await writeProgram(root, program, note);
  await writeProgram(root, 'systemctl', note + SYSTEMCTL);
  await writeProgram(root, 'id', 'exit 1\n');
  await writeProgram(root, 'sleep', 'exec /bin/sleep 0.2\n');
  for (const folder of ['etc/systemd/system', 'etc/logrotate.d', 'usr/bin', 'opt/aws/amazon-cloudwatch-agent/etc']) {
    await mkdir(join(root, folder), { recursive: true });
  }
  await symlink(process.execPath, join(root, 'usr/bin/node-24'));
  const read = async (path: string) => (existsSync(join(root, path)) ? readFile(join(root, path), 'utf8') : '');
  return {
    boot: (userData, environment) => boot(root, userData, environment),
    read,
    modeOf: async (path) => (await stat(join(root, path))).mode & 0o777,
    calls: () => read('calls'),
    dispose: async () => {
      const pid = Number(await read('pid'));
      if (pid > 0) await ended(pid);
      await rm(root, { recursive: true, force: true });
    },
  };
}

async function writeProgram(root: string, path: string, text: string): Promise<void> {
  const file = join(root, path.includes('/') ? path : join('bin', path));
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `#!/bin/bash\n${text}`, { mode: 0o755 });
}

async function boot(root: string, userData: string, environment: Readonly<Record<string, string>>) {
  const script = join(root, 'user-data');
  await writeFile(script, userData.replaceAll(/(?<![\w./-])\/(opt|etc|var\/log|usr\/bin\/node-24)(?=\/|\b)/g, `${root}/$1`));
  const child = spawn('bash', [script], {
    env: { PATH: `${join(root, 'bin')}:${process.env['PATH']}`, ROOT: root, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject).on('close', (status) => resolve(status ?? -1));
  });
  return { code, output };
}

async function ended(pid: number): Promise<void> {
  const isRunning = () => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  if (isRunning()) process.kill(pid, 'SIGKILL');
  while (isRunning()) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** The runner's bundle as a zip file on an HTTPS server of loopback. */
export interface Download {
  readonly url: string;
  readonly sha256: string;
  /** PEM file of the CA that a client must trust. */
  readonly caFile: string;
  dispose(): Promise<void>;
}

/** Serves the bundle. Needs `zip` and `openssl`. */
export async function serveBundle(): Promise<Download> {
  const folder = await mkdtemp(join(tmpdir(), 'axiom-download-'));
  const [archive, keyFile, caFile] = [join(folder, 'axiom-runner.zip'), join(folder, 'key.pem'), join(folder, 'ca.pem')];
  await run('zip', ['-q', '-1', '-r', archive, '.', '-x', 'native/aarch64.node'], { cwd: dirname(runnerBundle()) });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile];
  const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  await run('openssl', ['req', '-x509', ...key, ...name, '-days', '30', '-out', caFile]);
  const { stdout } = await run('sha256sum', [archive]);
  const content = await readFile(archive);
  const server = createServer({ key: await readFile(keyFile), cert: await readFile(caFile) }, (_, response) => response.end(content));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // A TCP server's address is never a text.
  return {
    url: `https://localhost:${port}/axiom-runner.zip`,
    sha256: stdout.slice(0, 64),
    caFile,
    dispose: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
