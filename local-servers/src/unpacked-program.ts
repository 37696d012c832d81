import { join } from 'node:path';
import { arch } from 'node:process';
import { executable } from './resolve.js';

/** Debian's name of an architecture's libraries, and the program that loads them. */
const loaders: Partial<Record<string, { readonly triplet: string; readonly loader: string }>> = {
  x64: { triplet: 'x86_64-linux-gnu', loader: 'ld-linux-x86-64.so.2' },
  arm64: { triplet: 'aarch64-linux-gnu', loader: 'ld-linux-aarch64.so.1' },
};

/** How a program of unpacked packages is run. */
export interface UnpackedProgram {
  readonly command: string;
  /** What goes before the program's own arguments. */
  readonly loading: readonly string[];
}

/**
 * A program that runs with the libraries, and by the loader, that were unpacked with it.
 * @param root folder with packages of Debian
 * @param path of the program in it, such as `usr/bin/curl`
 */
export async function unpackedProgram(root: string, path: string): Promise<UnpackedProgram> {
  const names = loaders[arch];
  if (names === undefined) throw new Error(`nothing is known of Debian's libraries for ${arch}`);
  const libraries = [join(root, 'lib', names.triplet), join(root, 'usr/lib', names.triplet)] as const;
  const [first, second] = libraries.map((folder) => join(folder, names.loader)) as [string, string];
  const command = await executable(first).catch(() => executable(second));
  return { command, loading: ['--library-path', libraries.join(':'), await executable(join(root, path))] };
}
