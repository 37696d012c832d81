import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import ts from 'typescript';
import { root } from '../../install.mjs';
import { filesUnder } from '../files.mjs';

/** What a user's tools read; the rest, such as scripts and development dependencies, is for this repository. */
const PUBLISHED = [
  ...['name', 'version', 'description', 'keywords', 'license', 'author', 'repository', 'stability', 'type', 'main', 'types', 'bin'],
  ...['exports', 'files', 'engines', 'jsii', 'dependencies', 'peerDependencies', 'publishConfig'],
];

export const readManifest = (folder) => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));

/**
 * The manifest of a package as it is published. `publishConfig.exports` of the workspace takes the place of its `exports`, which name sources.
 * @param stage folder with its built files: of the dependencies only those stay that they import
 * @throws {Error} when they import a package that the workspace does not depend on
 */
export function publishedManifest({ folder, bundled = false }, stage) {
  const top = readManifest('.');
  const own = readManifest(folder);
  const manifest = {
    ...own,
    author: top.author,
    repository: folder === '.' ? top.repository : { ...top.repository, directory: folder },
    type: own.type ?? 'commonjs',
    exports: own.publishConfig?.exports ?? own.exports,
    publishConfig: { access: 'public' },
    dependencies: bundled ? undefined : dependenciesOf(own, stage),
  };
  return Object.fromEntries(PUBLISHED.filter((field) => manifest[field] !== undefined).map((field) => [field, manifest[field]]));
}

function dependenciesOf({ name: packageName, dependencies, peerDependencies }, stage) {
  const imported = importedPackages(stage);
  const unknown = imported.filter((name) => dependencies?.[name] === undefined && peerDependencies?.[name] === undefined);
  if (unknown.length > 0) throw new Error(`${packageName} imports ${unknown.join(', ')}: add it to its dependencies`);
  const used = Object.entries(dependencies ?? {}).filter(([name]) => imported.includes(name));
  return used.length === 0 ? undefined : Object.fromEntries(used);
}

/** Packages that scripts and declarations in a folder import. */
function importedPackages(stage) {
  const specifiers = filesUnder(stage)
    .filter(({ path }) => /\.[cm]?[jt]s$/.test(path))
    .flatMap(({ source }) => ts.preProcessFile(readFileSync(source, 'utf8'), true, true).importedFiles)
    .map(({ fileName }) => fileName);
  const names = specifiers
    .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
    .map((specifier) => /^(@[^/]+\/)?[^/]+/.exec(specifier)[0]);
  return [...new Set(names)].filter((name) => !builtinModules.includes(name));
}
