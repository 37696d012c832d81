import { spawnSync } from 'node:child_process';
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
  const packages = JSON.parse(stdout).components.filter(({ purl }) => purl !== undefined);
  // One entry for a package that lies in several places.
  return [...new Map(packages.map((component) => [component.purl, { ...component, 'bom-ref': component.purl }])).values()];
}

/** A package of npm. */
export function npmComponent(name, { version, license }) {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  return { type: 'library', 'bom-ref': purl, name, version, licenses: [{ license: { id: license } }], purl };
}

/** A container image by the name that it is pulled by. */
export function imageComponent(image) {
  const [name, version = 'latest'] = image.includes('@') ? image.split('@') : image.split(/:(?=[^/]*$)/);
  return { type: 'container', 'bom-ref': image, name, version };
}
