import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../install.mjs';
import { run } from '../run-program.mjs';

/**
 * Generates the bindings of a compiled package for a language.
 * @param {string} language `python`, `java`, `go` or `dotnet`
 * @param {string} into folder that is made
 * @param {string} folder of the package
 * @returns {string} folder of the generated code
 */
export function generateBindings(language, into, folder = root) {
  const pacmak = join(root, 'node_modules/.bin/jsii-pacmak');
  // A fingerprint would bring the time of the generation into the code.
  const options = ['--code-only', '--no-fingerprint', '--no-npmignore', '--targets', language, '--outdir', into];
  run(pacmak, [...options, folder], { cwd: root, mend: 'run npm ci' });
  return join(into, language);
}

/** The package.json of this repository's library. */
export const library = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Version of a package as it is installed here, by the lock file. */
export function lockedVersion(name) {
  return JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version;
}
