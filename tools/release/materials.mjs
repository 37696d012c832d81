import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { NODE_VERSION } from '../../runner-runtime/executable/node-binary.mjs';
import { root } from '../install.mjs';
import { bundledComponents, imageComponent, npmComponent } from './components.mjs';
import { filesUnder } from './files.mjs';
import { writeSbom } from './sbom.mjs';

/** What holds software of ours: the rest of a release are texts, and libraries of others in Java's repository. */
const ARTEFACT = /(^|\/)axiomrunner$|axiom[^/]*\.(zip|tar|tgz|whl|tar\.gz|\d\.jar)$|^go\/.*\.zip$/i;
/** What VitePress puts into the pages. */
const IN_PAGES = ['vitepress', 'vue', 'minisearch', '@mermaid-js/tiny'];

/** Writes the bill of materials of each artefact of a release. */
export async function makeSboms(context) {
  const bundles = { runtime: once('runner-runtime/dist.meta.json'), axiomctl: once('control-plane/dist.meta.json') };
  for (const { path, source } of filesUnder(context.folder).filter((file) => ARTEFACT.test(file.path))) {
    await writeSbom(context, path, materialsOf(path, source, context, bundles));
  }
}

function materialsOf(path, source, { imageArguments }, bundles) {
  if (basename(path) === 'axiomrunner') return [nodeComponent(), ...bundles.runtime()];
  if (path.startsWith('images/')) return [...basesOf(imageArguments).map(imageComponent), ...bundles.runtime()];
  if (path.startsWith('npm/')) return inPackage(source, bundles);
  if (path === 'axiom-runner-docs.zip') return IN_PAGES.map((name) => npmComponent(name, lockedIn('site', name)));
  return [];
}

function inPackage(archive, bundles) {
  const manifest = JSON.parse(execFileSync('tar', ['-xzOf', archive, 'package/package.json'], { encoding: 'utf8' }));
  if (manifest.name === '@axiom-runner/runtime') return bundles.runtime();
  const wanted = Object.keys(manifest.dependencies ?? {}).map((name) => npmComponent(name, lockedIn('.', name)));
  if (manifest.name !== '@axiom-runner/control-plane') return wanted;
  const known = new Set(wanted.map(({ purl }) => purl));
  return [...wanted, ...bundles.axiomctl().filter(({ purl }) => !known.has(purl))];
}

const nodeComponent = () => npmComponent('node', { version: NODE_VERSION, license: 'MIT' });

/** The images that the Dockerfile builds on, by its defaults or by arguments. */
function basesOf(imageArguments) {
  const dockerfile = readFileSync(join(root, 'runner-runtime/Dockerfile'), 'utf8');
  return ['NODE', 'BASE'].map((name) => {
    const argument =
      imageArguments.find((text) => text.startsWith(`${name}=`)) ?? new RegExp(`^ARG (${name}=.*)$`, 'm').exec(dockerfile)?.[1];
    return argument.slice(name.length + 1);
  });
}

function lockedIn(folder, name) {
  const { packages } = JSON.parse(readFileSync(join(root, folder, 'package-lock.json'), 'utf8'));
  const locked = packages[`node_modules/${name}`];
  // A workspace is a link to its folder.
  return locked.link ? JSON.parse(readFileSync(join(root, locked.resolved, 'package.json'), 'utf8')) : locked;
}

/** The packages in bundles, read at the first question. */
function once(metafile) {
  let found;
  return () => {
    found ??= bundledComponents(join(root, metafile));
    return found;
  };
}
