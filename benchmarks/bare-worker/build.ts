import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { build, type Plugin } from 'esbuild';
import { runnerScript } from '../runner-script.js';
import { temporaryFolder } from '../temporary-folder.js';

const HERE = dirname(fileURLToPath(import.meta.url));
const NATIVE_OF_THIS_MACHINE = `native/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}.node`;

/** The same cuts that the runner's own build makes: the native core by a fixed path, and no workflow bundler at run time. */
const asTheRunner: Plugin = {
  name: 'as-the-runner',
  setup(bundler) {
    bundler.onLoad({ filter: /core-bridge[\\/]index\.js$/ }, ({ path }) => ({ loader: 'js', contents: withFixedNativePath(path) }));
    bundler.onLoad({ filter: /worker[\\/]lib[\\/](workflow[\\/]bundler|debug-replayer[\\/]index)\.js$/ }, () => ({
      loader: 'js',
      contents: 'module.exports={defaultWorkflowInterceptorModules:[],moduleMatches:()=>false}',
    }));
  },
};

function withFixedNativePath(path: string): string {
  const load = `(()=>{const m={exports:{}};process.dlopen(m,require('node:path').join(__dirname,'${NATIVE_OF_THIS_MACHINE}'));return m.exports})()`;
  const changed = readFileSync(path, 'utf8')
    .replace('const nativeLibPath = getPrebuiltPath();', '')
    .replace('require(nativeLibPath)', () => load);
  if (!changed.includes(load))
    throw new Error(`${path} loads the native core in another way now: mend it here and in runner-runtime/build.mjs`);
  return changed;
}

/**
 * Bundles a bare worker as the runner is bundled. Native core and workflow thread are the very files of the runner.
 * @returns path of the script
 */
export async function buildBareWorker(): Promise<string> {
  const folder = temporaryFolder('axiom-bare-worker-');
  const ofRunner = dirname(runnerScript());
  for (const file of [NATIVE_OF_THIS_MACHINE, 'workflow-worker-thread.js', 'mappings.wasm', 'package.json']) {
    cpSync(join(ofRunner, file), join(folder, file));
  }
  const { code } = await bundleWorkflowCode({ workflowsPath: join(HERE, 'workflows.ts'), logger: new DefaultLogger('WARN') });
  writeFileSync(join(folder, 'workflow-bundle.js'), code);
  const script = join(folder, 'worker.cjs');
  await build({
    entryPoints: [join(HERE, 'worker.ts')],
    outfile: script,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    minifySyntax: true,
    minifyWhitespace: true,
    keepNames: true,
    logLevel: 'error',
    plugins: [asTheRunner],
  });
  return script;
}
