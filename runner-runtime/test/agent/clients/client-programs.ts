import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the example clients. */
export const CLIENTS = fileURLToPath(new URL('../../../../examples/agent-clients', import.meta.url));

/** An example client: a program that logs in with a secret for each line that it reads. */
export interface ClientProgram {
  readonly language: string;
  /** Program and arguments, before the secret's id and the address to log in at. */
  readonly command: readonly [string, ...string[]];
  /** Whether it can ask over a Unix socket. */
  readonly opensSockets: boolean;
  /** What it needs and this machine lacks. */
  readonly missing: string | undefined;
}

/** The example clients. @param goProgram where the one in Go is, once it is built */
export function clientPrograms(goProgram: string): readonly ClientProgram[] {
  return [
    {
      language: 'Python',
      command: ['python3', join(CLIENTS, 'python/demo.py')],
      opensSockets: true,
      missing: lacks('python3', ['--version'], /Python (\d+\.\d+)/, 3.08),
    },
    { language: 'Go', command: [goProgram], opensSockets: true, missing: lacks('go', ['version'], /go(\d+\.\d+)/, 1.21) },
    {
      language: 'Java',
      command: ['java', join(CLIENTS, 'java/SecretAgent.java')],
      opensSockets: false,
      missing: lacks('java', ['-version'], /version "(\d+)/, 17) ?? lacks('javac', ['-version'], /javac (\d+)/, 17),
    },
    { language: 'Node', command: [process.execPath, join(CLIENTS, 'node/demo.mjs')], opensSockets: true, missing: undefined },
    {
      language: 'shell',
      command: [join(CLIENTS, 'shell/demo.sh')],
      opensSockets: true,
      missing:
        lacks('bash', ['--version'], /version (\d+)/, 4) ??
        lacks('curl', ['--version'], /curl (\d+\.\d+)/, 7.55) ??
        lacks('jq', ['--version'], /jq-(\d+)/, 1),
    },
  ];
}

/** Builds the client in Go, with nothing from the network. @returns what the compiler says */
export function buildGoClient(goProgram: string): string {
  const environment = { ...process.env, GOTOOLCHAIN: 'local', GOPROXY: 'off', GOFLAGS: '-mod=readonly', CGO_ENABLED: '0' };
  const { stdout, stderr } = spawnSync('sh', ['-c', 'go vet . && gofmt -l . && go build -o "$0" .', goProgram], {
    cwd: join(CLIENTS, 'go'),
    env: environment,
    encoding: 'utf8',
  });
  return stdout + stderr;
}

/** Why a program cannot be used here. */
function lacks(program: string, args: readonly string[], version: RegExp, least: number): string | undefined {
  const { stdout, stderr, error } = spawnSync(program, [...args], { encoding: 'utf8' });
  if (error !== undefined) return `there is no ${program} on PATH`;
  const found = version.exec(stdout + stderr)?.[1];
  if (found === undefined) return `${program} does not tell its version`;
  return comparable(found) < least ? `${program} is ${found}` : undefined;
}

/** `3.8` as 3.08: minor versions have up to two digits. */
function comparable(version: string): number {
  const [major = '0', minor = '0'] = version.split('.');
  return Number(major) + Number(minor) / 100;
}
