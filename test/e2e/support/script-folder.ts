import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, link, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { runnerBundle } from '@axiom-runner/local-servers';
import { serveFolder } from '../../release/support/download-site.js';

const SCRIPT = fileURLToPath(new URL('../../../deploy/binary/axiom-runner.sh', import.meta.url));

/** How a run of the script ended. */
export interface Ended {
  readonly code: number;
  readonly output: string;
}

/** A folder as a user has it after unpacking: the script and the executable beside it. */
export interface ScriptFolder {
  readonly path: string;
  /** Runs a verb. */
  run(args: readonly string[], options?: RunOptions): Promise<Ended>;
  /** Text of a file in it. */
  read(name: string): Promise<string>;
  has(name: string): boolean;
  /** Stops what runs from it and removes it. */
  dispose(): Promise<void>;
}

/** What a run gets besides its arguments. */
export interface RunOptions {
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** An executable that is the bundled runner, but for the version that it tells. */
export function executable(version = '0.1.0'): string {
  return `#!/bin/sh\n[ "$*" = version ] && echo 'axiomrunner ${version}' && exit\nexec '${process.execPath}' -- '${runnerBundle()}' "$@"\n`;
}

/** Makes such a folder. @param program path of the executable. @default the bundled runner */
export async function scriptFolder(program?: string): Promise<ScriptFolder> {
  const path = await mkdtemp(join(tmpdir(), 'axiom-script-'));
  await cp(SCRIPT, join(path, 'axiom-runner.sh'));
  if (program === undefined) await writeFile(join(path, 'axiomrunner'), executable(), { mode: 0o755 });
  else await cp(program, join(path, 'axiomrunner'));
  const run = (args: readonly string[], { input = '', environment = {} }: RunOptions = {}): Promise<Ended> => {
    const { PATH = '', HOME = '' } = process.env;
    const child = spawn('bash', [join(path, 'axiom-runner.sh'), ...args], {
      env: { PATH, HOME, AXIOM_SYSTEMD_FOLDER: path, ...environment },
      stdio: 'pipe',
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    // It may have ended before it has read what nobody asked for.
    child.stdin.on('error', () => undefined).end(input);
    // The runner that stays behind has its own output, so "close" comes when the script ends.
    return new Promise((resolve, reject) => {
      child.on('error', reject).on('close', (code) => resolve({ code: code ?? -1, output }));
    });
  };
  return {
    path,
    run,
    read: (name) => readFile(join(path, name), 'utf8'),
    has: (name) => existsSync(join(path, name)),
    dispose: async () => {
      await run(['stop']);
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** Command lines of all processes of this host. */
export async function commandLines(): Promise<string> {
  const { stdout } = await promisify(execFile)('ps', ['-eww', '-o', 'args']);
  return stdout;
}

/** What stands beside a published executable. */
export interface Beside {
  /** @default the right one */
  readonly checksum?: string;
  /** @default none */
  readonly signature?: Buffer;
}

/** A place of releases on loopback. */
export interface Releases {
  readonly url: string;
  /** Publishes a version for both architectures. */
  publish(version: string, content: string | Buffer, beside?: Beside): Promise<void>;
  dispose(): Promise<void>;
}

/** Serves releases with the published layout. */
export async function serveReleases(): Promise<Releases> {
  const folder = await mkdtemp(join(tmpdir(), 'axiom-releases-'));
  const site = await serveFolder(folder);
  return {
    url: site.url,
    publish: async (version, content, { checksum = createHash('sha256').update(content).digest('hex'), signature } = {}) => {
      const source = join(folder, `${crypto.randomUUID()}`);
      await writeFile(source, content);
      for (const machine of ['amd64', 'arm64']) {
        const file = join(folder, `releases/${version}/regular-amd64_linux_${machine}_v1/axiomrunner`);
        await mkdir(dirname(file), { recursive: true });
        await Promise.all([file, `${file}.sig`].map((old) => rm(old, { force: true })));
        await link(source, file); // The same file: it may be a large one.
        await writeFile(`${file}.sha256`, `${checksum}  axiomrunner\n`);
        if (signature !== undefined) await writeFile(`${file}.sig`, signature);
      }
      await rm(source);
    },
    dispose: async () => {
      await site.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
