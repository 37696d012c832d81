import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from '../install.mjs';

/**
 * `npm run release:version -- X.Y.Z`: the version in every place that names it, what is rendered from them, and the date of today in
 * CHANGELOG.md.
 */
const MANIFESTS = ['.', 'protocol', 'runner-runtime', 'control-plane', 'local-servers', 'demo', 'benchmarks'].map((folder) =>
  join(folder, 'package.json'),
);
const [version = ''] = process.argv.slice(2);
if (!/^\d+\.\d+\.\d+(-[0-9a-z.-]+)?$/.test(version)) {
  console.error(
    `The version is "${version}". Allowed: X.Y.Z, or X.Y.Z-rc.1, of Semantic Versioning. Usage: npm run release:version -- 1.2.3`,
  );
  process.exit(64);
}

const read = (path) => readFileSync(join(root, path), 'utf8');
const change = (path, from, to) => {
  const text = read(path);
  if (!from.test(text)) throw new Error(`${path} holds nothing like ${from}`);
  writeFileSync(join(root, path), text.replace(from, to));
};

const { version: before } = JSON.parse(read('package.json'));
const exactly = before.replaceAll('.', '\\.');
for (const path of MANIFESTS) change(path, new RegExp(`^(  "version"|    "@axiom-runner/[^"]+"): "${exactly}"`, 'gm'), `$1: "${version}"`);
change('runner-runtime/src/version.ts', new RegExp(`'${exactly}'`), `'${version}'`);
const today = new Date().toISOString().slice(0, 10);
change('CHANGELOG.md', /^## Unreleased.*$/m, `## ${version} (${today})`);
run('npm', ['run', '--silent', 'lock']);
run('npm', ['run', '--silent', 'render']);
console.error(`${before} is ${version} now. Read the change, commit it, and tag it: git tag -s v${version}`);
