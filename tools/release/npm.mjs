import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../install.mjs';
import { requireBuilt } from './npm/freshness.mjs';
import { publishedManifest, readManifest } from './npm/manifest.mjs';
import { PACKAGES } from './npm/packages.mjs';
import { run } from './run-program.mjs';

/**
 * `node tools/release/npm.mjs --output <folder> [--package <name>]…`: the npm packages of a release, or those named, as `.tgz` files, after
 * `npm run build`. The same sources make the same bytes. Prints one JSON object a line: `name`, `version`, `file` (in the folder), `bytes`,
 * `unpackedBytes`, `integrity`.
 */
const wanted = parseArgs({ options: { output: { type: 'string' }, package: { type: 'string', multiple: true } } }).values;
const scratch = mkdtempSync(join(tmpdir(), 'axiom-runner-npm-'));
try {
  await makePackages(wanted);
} catch (error) {
  console.error(`npm packages: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function makePackages({ output, package: names }) {
  if (output === undefined) throw new Error('--output is missing. Name the folder that they go into.');
  const known = PACKAGES.map(({ name }) => name);
  const unknown = names?.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`there is no package ${unknown}. Allowed: ${known.join(', ')}.`);
  const folder = resolve(output);
  mkdirSync(folder, { recursive: true });
  const parts = PACKAGES.filter(({ name }) => names?.includes(name) ?? true);
  for (const part of parts) requireBuilt(part);
  for (const part of parts) console.log(JSON.stringify(await pack(part, folder)));
}

async function pack(part, folder) {
  const stage = join(scratch, part.name);
  await part.fill(stage, scratch);
  cpSync(join(root, 'LICENSE'), join(stage, 'LICENSE'));
  cpSync(join(root, part.folder, 'README.md'), join(stage, 'README.md'));
  const manifest = publishedManifest(part, stage);
  const { version } = readManifest('.');
  if (manifest.version !== version)
    throw new Error(`${part.name} is ${manifest.version}, the repository ${version}. Give both one version.`);
  writeFileSync(join(stage, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  const [packed] = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder], { cwd: stage }),
  );
  return {
    name: part.name,
    version,
    file: packed.filename,
    bytes: packed.size,
    unpackedBytes: packed.unpackedSize,
    integrity: packed.integrity,
  };
}
