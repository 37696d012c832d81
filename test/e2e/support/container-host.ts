import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export type ContainerTool = 'podman' | 'docker';

/** How a command ended, with everything that it wrote. */
export interface Ended {
  readonly code: number;
  readonly output: string;
}

/** A real container tool with storage of its own: nothing of the machine's containers and images is seen or touched. */
export interface ContainerHost {
  /** Path of the tool. */
  readonly program: string;
  /** In which the tool, buildah and scripts work on that storage. */
  readonly environment: Readonly<Record<string, string>>;
  /** Runs the tool. */
  try(...args: string[]): Promise<Ended>;
  /** The same; what it wrote. @throws Error when it fails */
  run(...args: string[]): Promise<string>;
  /** Removes its containers and storage. */
  dispose(): Promise<void>;
}

const NEEDS: Readonly<Record<ContainerTool, readonly string[]>> = {
  podman: ['podman', 'buildah', 'runc'],
  docker: ['dockerd', 'runc', 'containerd'],
};

/** Why containers cannot be run here by a tool, with the mend; `undefined` where they can. */
export function missingFor(tool: ContainerTool): string | undefined {
  const missing = NEEDS[tool].filter((program) => pathsOf(program).length === 0);
  if (tool === 'docker' && dockerClient() === undefined) missing.push('docker');
  if (missing.length > 0) return `no ${missing.join(', ')} on PATH: apt-get install buildah podman runc docker.io`;
  return process.getuid?.() === 0 ? undefined : 'needs root';
}

/** Starts a daemon where the tool has one. */
export async function startContainerHost(tool: ContainerTool, insecureRegistry: string): Promise<ContainerHost> {
  const folder = await mkdtemp(join(tmpdir(), 'axiom-containers-'));
  return tool === 'podman' ? podmanHost(folder, insecureRegistry) : dockerHost(folder);
}

async function podmanHost(folder: string, registry: string): Promise<ContainerHost> {
  const files = {
    CONTAINERS_STORAGE_CONF: `[storage]\ndriver = "overlay"\ngraphroot = "${folder}/graph"\nrunroot = "${folder}/run"\n`,
    CONTAINERS_REGISTRIES_CONF: `[[registry]]\nlocation = "${registry}"\ninsecure = true\n`,
    // What works without systemd, and with both versions of control groups.
    CONTAINERS_CONF: '[engine]\ncgroup_manager = "cgroupfs"\nruntime = "runc"\nevents_logger = "file"\n',
  };
  const environment: Record<string, string> = {};
  for (const [name, text] of Object.entries(files)) {
    environment[name] = join(folder, `${name}.conf`);
    await writeFile(join(folder, `${name}.conf`), text);
  }
  // Asked for one limit, podman raises all others, which not every machine allows even root.
  const limits = '--ulimit nofile=1024:1024 --ulimit nproc=1024:1024';
  const podman = join(folder, 'podman');
  const text = `#!/bin/bash\ncase $1 in run | create) verb=$1; shift; exec podman "$verb" ${limits} "$@" ;; esac\nexec podman "$@"\n`;
  await writeFile(podman, text, { mode: 0o755 });
  const host = hostOf(podman, environment);
  const dispose = async () => {
    await host.try('rm', '--force', '--all', '--volumes', '--time', '0');
    await removeFolder(folder);
  };
  return { ...host, dispose };
}

async function dockerHost(folder: string): Promise<ContainerHost> {
  const socket = `unix://${folder}/docker.sock`;
  await mkdir(join(folder, 'data'));
  const state = ['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec'), '--pidfile', join(folder, 'pid'), '-H', socket];
  const daemon = spawn('dockerd', [...state, '--iptables=false', '--bridge=none'], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  daemon.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4000);
  });
  const exited = new Promise<void>((resolve) => daemon.once('close', () => resolve()));
  const host = hostOf(dockerClient() ?? 'docker', { DOCKER_HOST: socket, DOCKER_CONFIG: folder });
  const dispose = async () => {
    const containers = await host.try('ps', '--all', '--quiet');
    const ids = containers.code === 0 ? containers.output.split('\n').filter(Boolean) : [];
    if (ids.length > 0) await host.try('rm', '--force', '--volumes', ...ids);
    daemon.kill('SIGTERM');
    await exited;
    await removeFolder(folder);
  };
  for (let second = 0; (await host.try('version')).code !== 0; second++) {
    if (second === 60 || daemon.exitCode !== null) {
      await dispose();
      throw new Error(`dockerd does not answer: ${said}`);
    }
    await sleep(500);
  }
  return { ...host, dispose };
}

function hostOf(program: string, environment: Readonly<Record<string, string>>): Omit<ContainerHost, 'dispose'> {
  const attempt = (...args: string[]) => runProgram(program, args, environment);
  return {
    program,
    environment,
    try: attempt,
    run: async (...args) => {
      const { code, output } = await attempt(...args);
      if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${output}`);
      return output.trim();
    },
  };
}

/** Runs a program with nothing on its standard input. */
export function runProgram(program: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const child = spawn(program, args, { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve({ code: code ?? -1, output }));
  });
}

/** A client of docker that can ask the daemon's BuildKit: with the plugin buildx, or old enough to need none. */
export function dockerClient(): string | undefined {
  const env = { ...process.env, DOCKER_BUILDKIT: '1' };
  return pathsOf('docker').find((path) => spawnSync(path, ['build', '--help'], { env, encoding: 'utf8' }).stdout?.includes('--secret'));
}

function pathsOf(program: string): string[] {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, program)).filter((path) => existsSync(path));
}

/** Storage of containers leaves mounts behind. */
async function removeFolder(folder: string): Promise<void> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[1] ?? '');
  for (const mount of mounts.filter((path) => path.startsWith(`${folder}/`)).reverse()) spawnSync('umount', [mount]);
  await rm(folder, { recursive: true, force: true });
}
