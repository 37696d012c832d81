import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of a package in a node_modules above this file; throws when it is not installed. */
export async function nodePackage(name: string): Promise<string> {
  const here = dirname(fileURLToPath(import.meta.url));
  for (let directory = here; directory !== dirname(directory); directory = dirname(directory)) {
    const root = join(directory, 'node_modules', name);
    if (
      await access(root).then(
        () => true,
        () => false,
      )
    )
      return root;
  }
  throw new Error(`it is not installed in a node_modules above ${here}`);
}
