import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { inject } from 'postject';
import { compareVersions, glibcOf, withoutSymbols } from './elf.mjs';
import { NODE_VERSION, nodeBinary } from './node-binary.mjs';

/**
 * Makes the single executable from the bundles in `dist/`:
 *
 *     node runner-runtime/executable/build.mjs --arch x64|arm64 --output <file> [--dist <folder>]
 *
 * It is Node with everything of `dist/` inside. The same bundles give the same bytes. Either architecture is made on Linux of either.
 */
const here = dirname(fileURLToPath(import.meta.url));

/** Where Node finds what is injected. @see https://nodejs.org/docs/latest-v24.x/api/single-executable-applications.html */
const RESOURCE = 'NODE_SEA_BLOB';
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
/** As the documents say: Debian 10, Red Hat 8, Amazon Linux 2023 and everything newer. */
const NEWEST_GLIBC = '2.28';
const CORES = { x64: 'native/x86_64.node', arm64: 'native/aarch64.node' };

/**
 * What Node is told before it looks at the command line.
 * `--` ends what it takes for its own: else it would read `--env-file`, and apply NODE_OPTIONS of that file. The inspector is opened to nobody.
 */
const NODE_ARGUMENTS = ['--disable-sigusr1', '--'];

/** @returns {Promise<string>} the path of the executable */
export async function buildExecutable({ arch, output, dist = join(here, '../dist') }) {
  if (CORES[arch] === undefined) throw new Error(`there is no executable for "${arch}". Allowed: ${Object.keys(CORES).join(', ')}`);
  if (!existsSync(join(dist, 'axiomrunner.cjs'))) throw new Error(`${dist} holds no bundles: run npm run build -- runtime`);
  const node = readFileSync(await nodeBinary(arch));
  needOldGlibc('node', node);
  needOldGlibc(CORES[arch], readFileSync(join(dist, CORES[arch])));
  const work = mkdtempSync(join(tmpdir(), 'axiom-executable-'));
  const unfinished = `${resolve(output)}.${process.pid}`;
  try {
    writeFileSync(unfinished, withoutSymbols(node));
    const blob = await buildBlob(work, { arch, dist });
    await inject(unfinished, RESOURCE, blob, { sentinelFuse: FUSE });
    chmodSync(unfinished, 0o755);
    renameSync(unfinished, resolve(output));
  } finally {
    rmSync(work, { recursive: true, force: true });
    rmSync(unfinished, { force: true });
  }
  return resolve(output);
}

/** Everything of the bundles that runs on an architecture, in the form that Node finds in itself. */
async function buildBlob(work, { arch, dist }) {
  // Relative, because Node keeps the path of the main script.
  const [main, config, output] = ['main.cjs', 'config.json', 'blob'];
  await build({
    entryPoints: [join(here, 'main.ts')],
    outfile: join(work, main),
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    minifyWhitespace: true,
    logLevel: 'error',
  });
  const otherCores = Object.values(CORES).filter((core) => core !== CORES[arch]);
  const names = readdirSync(dist, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dist.length + 1))
    .filter((name) => name !== 'package.json' && !otherCores.includes(name))
    .sort();
  const settings = {
    main,
    output,
    disableExperimentalSEAWarning: true,
    // Both are bound to the architecture of whoever makes the executable, and neither makes it start faster than Node starts the bundles.
    useSnapshot: false,
    useCodeCache: false,
    execArgv: NODE_ARGUMENTS,
    // NODE_OPTIONS of the environment (a limit of memory, further authorities) hold as for any program of Node.
    execArgvExtension: 'env',
    assets: Object.fromEntries(names.map((name) => [name, join(dist, name)])),
  };
  writeFileSync(join(work, config), JSON.stringify(settings));
  // By the same version of Node as will read it.
  execFileSync(await nodeBinary(process.arch), ['--experimental-sea-config', config], { cwd: work, stdio: ['ignore', 'ignore', 2] });
  return readFileSync(join(work, output));
}

function needOldGlibc(name, file) {
  const needed = glibcOf(file);
  if (compareVersions(needed, NEWEST_GLIBC) > 0) throw new Error(`${name} needs glibc ${needed}; the documents promise ${NEWEST_GLIBC}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const {
    arch = process.arch,
    output,
    dist,
  } = parseArgs({
    options: { arch: { type: 'string' }, output: { type: 'string' }, dist: { type: 'string' } },
  }).values;
  if (output === undefined) throw new Error('name the file to write: --output <file>');
  console.error(
    `${await buildExecutable({ arch, output, ...(dist === undefined ? {} : { dist: resolve(dist) }) })}: Node ${NODE_VERSION}, ${arch}`,
  );
}
