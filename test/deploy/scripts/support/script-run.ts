import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const ROOT = join(__dirname, '../../../..');

/** The scripts, as users download them. */
export const SCRIPTS = { binary: 'deploy/binary/axiom-runner.sh', docker: 'deploy/docker/axiom-runner-docker.sh' } as const;
export type ScriptName = keyof typeof SCRIPTS;
export const SCRIPT_NAMES: readonly ScriptName[] = ['binary', 'docker'];

/** How a run ended. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** A folder with a script in it, and programs on its PATH that only record how they were called. */
export interface Sandbox {
  readonly path: string;
  run(args: readonly string[], input?: string): Ended;
  /** Makes a program in the place of a real one. Its calls are recorded, then the body runs. */
  program(name: string, body?: string): void;
  /** Calls of the programs so far, one a line, oldest first. */
  calls(): string[];
  write(name: string, text: string, mode?: number): void;
  read(name: string): string;
  has(name: string): boolean;
  dispose(): void;
}

/** Makes a sandbox in which a runner can be started and the service be registered. */
export function sandbox(script: ScriptName, environment: Readonly<Record<string, string>> = {}): Sandbox {
  const path = mkdtempSync(join(tmpdir(), 'axiom-sandbox-'));
  chmodSync(path, 0o755);
  const programs = join(path, 'programs');
  mkdirSync(programs);
  copyFileSync(join(ROOT, SCRIPTS[script]), join(path, 'script.sh'));
  const made: Sandbox = {
    path,
    run: (args, input = '') => {
      const { status, stdout, stderr } = spawnSync('bash', [join(path, 'script.sh'), ...args], {
        input,
        encoding: 'utf8',
        env: {
          PATH: `${programs}:${process.env['PATH']}`,
          AXIOM_SYSTEMD_FOLDER: path,
          AXIOM_SERVICE_USER: 'daemon',
          AXIOM_CONTAINER_TOOL: 'docker',
          AXIOM_READY_SECONDS: '1',
          ...environment,
        },
      });
      return { code: status, output: stdout + stderr };
    },
    program: (name, body = '') =>
      writeFileSync(join(programs, name), `#!/bin/sh\necho "${name} $*" >>'${path}/calls'\n${body}\n`, { mode: 0o755 }),
    calls: () => (existsSync(join(path, 'calls')) ? readFileSync(join(path, 'calls'), 'utf8').trim().split('\n') : []),
    write: (name, text, mode = 0o600) => writeFileSync(join(path, name), text, { mode }),
    read: (name) => readFileSync(join(path, name), 'utf8'),
    has: (name) => existsSync(join(path, name)),
    dispose: () => rmSync(path, { recursive: true, force: true }),
  };
  // A runner that is ready at once and ends, a service that runs, a container that was never there.
  made.write('axiomrunner', `#!/bin/sh\necho '{"message":"Started Axiom Runner "}'\n`, 0o755);
  made.program('systemctl', '[ "$1" != show ] || echo 0; [ "$1" != is-active ] || [ "$2" = --quiet ] || echo active');
  made.program('journalctl');
  made.program('docker', '[ "$1" != inspect ]');
  return made;
}
