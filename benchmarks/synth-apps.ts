import { execFile } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { outputOf } from './processes.js';
import type { SynthReport } from './synth-site.js';
import { temporaryFolder } from './temporary-folder.js';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** The construct library as it is shipped. */
export const LIBRARY = join(ROOT, 'dist/index.js');
const NODE_MODULES = join(ROOT, 'node_modules');
const NPM_TIME_LIMIT_MS = 60_000;
/** Exact, so that two runs measure the same. */
const GITHUB_RUNNERS = '@cloudsnorkel/cdk-github-runners@0.14.13';

/** An app in a file of its own. */
export interface SynthApp {
  /** Synthesises it in a fresh process. */
  run(options?: { readonly texts?: string; readonly unvalidated?: boolean }): Promise<SynthReport>;
  /** Where the templates are then. */
  readonly folder: string;
}

/** Compiles one of the apps. They are CommonJS: an import of an ES module would load all of the CDK. */
export async function synthApp(name: string, modules: string = NODE_MODULES): Promise<SynthApp> {
  const folder = temporaryFolder('axiom-synth-');
  const script = join(folder, `${name}.cjs`);
  await build({
    entryPoints: [join(ROOT, `benchmarks/${name}.ts`)],
    outfile: script,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    logLevel: 'error',
    packages: 'external',
    alias: { 'axiom-runner': LIBRARY },
    external: [LIBRARY],
  });
  return {
    folder: join(folder, 'templates'),
    run: async ({ texts = '', unvalidated = false } = {}) => {
      const args = [script, join(ROOT, 'cdk.json'), join(folder, 'templates'), texts, unvalidated ? 'unvalidated' : ''];
      return JSON.parse(await outputOf({ program: process.execPath, args, environment: { NODE_PATH: modules } }));
    },
  };
}

/** A default app of `cdk-github-runners` on this CDK. `undefined` where npm does not get it. */
export async function githubRunnersApp(): Promise<SynthApp | undefined> {
  const folder = temporaryFolder('axiom-github-runners-');
  const args = ['install', '--prefix', folder, '--no-audit', '--no-fund', '--ignore-scripts', '--legacy-peer-deps', GITHUB_RUNNERS];
  try {
    await promisify(execFile)('npm', args, { cwd: folder, timeout: NPM_TIME_LIMIT_MS });
  } catch {
    return undefined;
  }
  for (const peer of ['aws-cdk-lib', 'constructs']) symlinkSync(join(NODE_MODULES, peer), join(folder, 'node_modules', peer));
  return synthApp('synth-github-runners', join(folder, 'node_modules'));
}
