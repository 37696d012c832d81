import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A file or folder of an image. */
export interface Entry {
  readonly path: string;
  /** As `ls -l` shows them. */
  readonly mode: string;
  /** `uid/gid`. */
  readonly owner: string;
  readonly bytes: number;
}

/** An image in an OCI archive. */
export interface ImageArchive {
  /** Its configuration. https://github.com/opencontainers/image-spec/blob/main/config.md */
  // biome-ignore lint/suspicious/noExplicitAny: as deep as the specification has it
  readonly config: any;
  readonly entries: readonly Entry[];
  /** Compressed, as a registry stores and a host pulls it. */
  readonly packedBytes: number;
  /** First bytes of a file. */
  head(path: string, bytes: number): Promise<Buffer>;
  dispose(): Promise<void>;
}

export async function openArchive(file: string): Promise<ImageArchive> {
  const folder = await mkdtemp(join(tmpdir(), 'axiom-archive-'));
  await run('tar', ['-xf', file, '-C', folder]);
  const blobPath = (digest: string) => join(folder, 'blobs', digest.replace(':', '/'));
  const blob = async (digest: string) => JSON.parse(await readFile(blobPath(digest), 'utf8'));
  const [{ digest }] = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')).manifests;
  const manifest: { config: { digest: string }; layers: { digest: string; size: number }[] } = await blob(digest);
  const root = join(folder, 'root');
  await run('mkdir', [root]);
  const entries = new Map<string, Entry>();
  for (const layer of manifest.layers) {
    await run('tar', ['-xzf', blobPath(layer.digest), '-C', root, '--no-same-owner']);
    const { stdout } = await run('tar', ['-tvzf', blobPath(layer.digest), '--numeric-owner'], { maxBuffer: 2 ** 24 });
    for (const entry of stdout.split('\n').flatMap(entryOf)) entries.set(entry.path, entry);
  }
  return {
    config: await blob(manifest.config.digest),
    entries: [...entries.values()],
    packedBytes: manifest.layers.reduce((sum, { size }) => sum + size, 0),
    head: async (path, bytes) => (await readFile(join(root, path))).subarray(0, bytes),
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
}

/** A line such as "-rwxr-xr-x 0/0 126595440 2026-11-22 19:13 usr/local/bin/node". */
function entryOf(line: string): Entry[] {
  const [, mode, owner, bytes, path] = /^(\S{10})\s+(\S+)\s+(\d+) \S+ \S+ (.+?)\/?(?: -> .+)?$/.exec(line) ?? [];
  return mode === undefined || owner === undefined || path === undefined ? [] : [{ path, mode, owner, bytes: Number(bytes) }];
}
