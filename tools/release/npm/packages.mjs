import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../install.mjs';
import { run } from '../run-program.mjs';
import { buildModule, copyDeclarations } from './library.mjs';

/**
 * The packages of a release.
 *
 * - `folder` of its manifest, and `fill(stage, scratch)`, which puts into a folder what the manifest's `files` name; `scratch` is one for all
 * - `built`: what `npm run build` makes for it, and from which sources
 * - `bundled`: its dependencies are inside
 */
export const PACKAGES = [
  {
    name: 'axiom-runner',
    folder: '.',
    built: { file: '.jsii', sources: ['index.ts', 'constructs', 'lib', 'contract'] },
    fill: (stage) => copy('.', ['.jsii', 'dist/index.js', 'dist/index.d.ts', 'dist/constructs', 'dist/contract', 'dist/lib'], stage),
  },
  {
    name: '@axiom-runner/runtime',
    folder: 'runner-runtime',
    built: { file: 'runner-runtime/dist/axiomrunner.cjs', sources: ['runner-runtime/src', 'protocol/src', 'contract'] },
    bundled: true,
    fill: (stage) => copy('runner-runtime', ['bin', 'dist', 'Dockerfile'], stage),
  },
  {
    name: '@axiom-runner/protocol',
    folder: 'protocol',
    fill: (stage, scratch) => fillLibrary('protocol', stage, scratch),
  },
  {
    name: '@axiom-runner/control-plane',
    folder: 'control-plane',
    fill: async (stage, scratch) => {
      await fillLibrary('control-plane', stage, scratch);
      run(process.execPath, ['control-plane/build.mjs', join(stage, 'dist')], { cwd: root });
    },
  },
];

function copy(folder, paths, stage) {
  for (const path of paths) cpSync(join(root, folder, path), join(stage, path), { recursive: true });
}

async function fillLibrary(workspace, stage, scratch) {
  await buildModule(workspace, join(stage, 'dist/index.js'));
  copyDeclarations(workspace, join(stage, 'dist/types'), scratch);
}
