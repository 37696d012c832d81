import { join } from 'node:path';
import { ROOT, succeeded } from './commands.js';

export type PackageName = 'axiom-runner' | '@axiom-runner/runtime' | '@axiom-runner/protocol' | '@axiom-runner/control-plane';

/** A package as it would be published. */
export interface Tarball {
  readonly name: PackageName;
  readonly path: string;
  readonly bytes: number;
  readonly unpackedBytes: number;
  /** SHA-512, as npm writes it. */
  readonly integrity: string;
}

/** What of a manifest users' tools read. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly license?: string;
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly scripts?: unknown;
  readonly devDependencies?: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** Makes packages as a release does. @param names which. @default all */
export async function packed(folder: string, ...names: readonly PackageName[]): Promise<ReadonlyMap<PackageName, Tarball>> {
  const wanted = names.flatMap((name) => ['--package', name]);
  const lines = await succeeded(process.execPath, [join(ROOT, 'tools/release/npm.mjs'), '--output', folder, ...wanted]);
  const tarballs = lines
    .trim()
    .split('\n')
    .map((line): Tarball => {
      const { file, ...facts } = JSON.parse(line);
      return { ...facts, path: join(folder, file) };
    });
  return new Map(tarballs.map((tarball) => [tarball.name, tarball]));
}

/** Paths in a tarball, sorted. */
export async function pathsIn({ path }: Tarball): Promise<string[]> {
  const lines = (await succeeded('tar', ['-tzf', path])).trim().split('\n');
  return lines.map((line) => line.replace(/^package\//, '')).sort();
}

/** One file of a tarball. */
export function textIn({ path }: Tarball, file: string): Promise<string> {
  return succeeded('tar', ['-xzOf', path, `package/${file}`]);
}

export async function manifestOf(tarball: Tarball): Promise<Manifest> {
  return JSON.parse(await textIn(tarball, 'package.json'));
}
