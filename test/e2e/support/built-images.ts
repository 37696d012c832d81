import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { imageBase, runnerBundle } from '@axiom-runner/local-servers';
import type { Architecture } from '../../../contract/releases.js';
import { type Ended, runProgram } from './container-host.js';

const IMAGE_COMMAND = fileURLToPath(new URL('../../../tools/release/image.mjs', import.meta.url));

/** Images on a registry, made by buildah. */
export interface BuiltImages {
  /** A build context as `fromAsset()` and the docs have it: Dockerfile and dist/. */
  readonly context: string;
  /** Arguments for the two images that the Dockerfile starts from. */
  bases(architecture: Architecture): Promise<readonly string[]>;
  /** Runs the command of the release. */
  archive(architecture: Architecture, output: string, context?: string): Promise<Ended>;
  /** Puts an image on the registry that is another one with changes, in the words of `buildah config`. */
  derive(from: string, to: string, ...changes: string[]): Promise<void>;
  dispose(): Promise<void>;
}

/** @param environment of the container host whose storage buildah uses */
export async function builtImages(registry: string, environment: Readonly<Record<string, string>>): Promise<BuiltImages> {
  const folder = await mkdtemp(join(tmpdir(), 'axiom-images-'));
  const context = join(folder, 'context');
  // A copy, because the bundles may be built anew meanwhile.
  await cp(dirname(runnerBundle()), join(context, 'dist'), { recursive: true });
  await cp(join(dirname(runnerBundle()), '../Dockerfile'), join(context, 'Dockerfile'));

  const buildah = async (...args: string[]) => {
    const { code, output } = await runProgram('buildah', args, environment);
    if (code !== 0) throw new Error(`buildah ${args.join(' ')} ended with ${code}:\n${output}`);
    return output.trim().split('\n').at(-1) ?? '';
  };
  const commit = async (container: string, image: string) => {
    await buildah('commit', '--quiet', '--tls-verify=false', '--timestamp', '0', '--format', 'docker', container, `docker://${image}`);
    await buildah('rm', container);
  };
  const made = new Map<Architecture, Promise<readonly string[]>>();
  const makeBases = async (architecture: Architecture) => {
    const roots = await imageBase(architecture);
    const names = { NODE: `${registry}/node:${architecture}`, BASE: `${registry}/base:${architecture}` };
    for (const [name, root] of [[names.NODE, roots.node] as const, [names.BASE, roots.base] as const]) {
      const container = await buildah('from', '--arch', architecture, 'scratch');
      await buildah('add', '--quiet', container, root, '/');
      await commit(container, name);
    }
    return Object.entries(names).flatMap(([name, image]) => ['--build-arg', `${name}=${image}`]);
  };
  const bases = (architecture: Architecture) => {
    const making = made.get(architecture) ?? makeBases(architecture);
    made.set(architecture, making);
    return making;
  };
  return {
    context,
    bases,
    archive: async (architecture, output, from = context) => {
      const args = ['--arch', architecture, '--output', output, '--context', from, '--builder', 'buildah', ...(await bases(architecture))];
      return runProgram(process.execPath, [IMAGE_COMMAND, ...args], environment);
    },
    derive: async (from, to, ...changes) => {
      const container = await buildah('from', '--tls-verify=false', from);
      await buildah('config', ...changes, container);
      await commit(container, to);
    },
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
}
