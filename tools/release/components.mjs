import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../install.mjs';

/**
 * The packages that a bundler put into bundles, with their licences.
 * @param {string} metafile path of esbuild's metafile
 * @returns {object[]} components of CycloneDX
 */
export function bundledComponents(metafile) {
  const args = ['--output-reproducible', '--no-validate', '--spec-version', '1.6', '--build-working-dir', root, metafile];
  const { status, stdout, stderr, error } = spawnSync(join(root, 'node_modules/.bin/cyclonedx-esbuild'), args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`cyclonedx-esbuild cannot read ${metafile}: ${error?.message ?? stderr}`);
  return JSON.parse(stdout).components;
}

/** Node, in what brings it along. */
export function nodeComponent(version) {
  const purl = `pkg:generic/node@${version}`;
  return { type: 'platform', 'bom-ref': purl, name: 'node', version, licenses: [{ license: { id: 'MIT' } }], purl };
}

/** A package of npm, by what is installed. */
export function npmComponent(name) {
  const { version, license } = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'));
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  return { type: 'library', 'bom-ref': purl, name, version, licenses: [{ license: { id: license } }], purl };
}
