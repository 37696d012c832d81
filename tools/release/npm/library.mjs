import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from '../../install.mjs';
import { run } from '../run-program.mjs';

/** Builds a workspace that is a library as one ES module, with the contract in it and other packages outside. */
export async function buildModule(workspace, outfile) {
  await build({
    entryPoints: [join(root, workspace, 'src/index.ts')],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    logLevel: 'error',
  });
}

let declarations;
/**
 * Copies the declarations of a workspace, `<workspace>/src` and the `contract` beside it, into a folder. Those of all libraries are made
 * together, the first time, in the folder `scratch`.
 */
export function copyDeclarations(workspace, into, scratch) {
  declarations ??= makeDeclarations(join(scratch, 'declarations'));
  for (const part of [workspace, 'contract']) cpSync(join(declarations, part), join(into, part), { recursive: true });
}

function makeDeclarations(outDir) {
  const config = `${outDir}.tsconfig.json`;
  writeFileSync(
    config,
    JSON.stringify({
      extends: join(root, 'tsconfig.esm.json'),
      compilerOptions: {
        noEmit: false,
        emitDeclarationOnly: true,
        noCheck: true, // `npm run typecheck` has done it
        declaration: true,
        stripInternal: true,
        rootDir: root,
        outDir,
        types: ['node'],
        typeRoots: [join(root, 'node_modules/@types')],
      },
      files: ['protocol', 'control-plane'].map((workspace) => join(root, workspace, 'src/index.ts')),
    }),
  );
  run(join(root, 'node_modules/.bin/tsc'), ['-p', config], { cwd: root });
  return outDir;
}
