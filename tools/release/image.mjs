import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../install.mjs';

/** Exit codes of contract/exit-codes.ts, which node reads only through tsx. */
const EXIT = { failed: 1, usage: 64, unavailable: 69, config: 78 };
const ARCHITECTURES = ['amd64', 'arm64'];
const OCI = 'application/vnd.oci';

const HELP = `Usage: node tools/release/image.mjs --arch ${ARCHITECTURES.join('|')} --output FILE [OPTION...]

Makes the container image as an OCI archive, of the bundles as they are. The same sources and bases give the same bytes.

  --build-arg NAME=VALUE  of the Dockerfile, again and again: NODE and BASE (best by digest), VERSION, REVISION, SOURCE
  --context FOLDER        with dist/ and the Dockerfile; runner-runtime when absent
  --builder NAME          buildah, or docker (with buildx and a builder that writes OCI archives); the one that is there
  --help

Environment: SOURCE_DATE_EPOCH, seconds since 1970; the time of the commit when absent.

Exit codes: 0 made, 1 the build failed, 64 wrong command line, 69 no builder or no base within reach, 78 the bundles are missing.
`;

/** Ends the command. */
class Failure extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

function optionsOf(args) {
  const option = { type: 'string' };
  try {
    const { values } = parseArgs({
      args,
      options: {
        arch: option,
        output: option,
        builder: option,
        context: option,
        'build-arg': { ...option, multiple: true },
        help: { type: 'boolean' },
      },
    });
    if (values.help) return values;
    if (!ARCHITECTURES.includes(values.arch)) throw new Error(`--arch is "${values.arch ?? ''}". Allowed: ${ARCHITECTURES.join(', ')}.`);
    if (values.output === undefined) throw new Error('--output is missing. Name the file to write.');
    if (values.builder !== undefined && !(values.builder in BUILDERS))
      throw new Error(`--builder is "${values.builder}". Allowed: ${Object.keys(BUILDERS).join(', ')}.`);
    const malformed = (values['build-arg'] ?? []).find((argument) => !/^[A-Z_]+=/.test(argument));
    if (malformed !== undefined) throw new Error(`--build-arg is "${malformed}". Write NAME=VALUE.`);
    return values;
  } catch (error) {
    throw new Failure(EXIT.usage, error.message);
  }
}

/** Runs a program; answers with its output. What it says meanwhile goes to standard error. */
function run(program, args) {
  const { status, stdout, error } = spawnSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 2],
    maxBuffer: 2 ** 26,
  });
  if (error !== undefined) throw new Failure(EXIT.unavailable, `${program} cannot be started: ${error.message}.`);
  if (status !== 0) throw new Failure(EXIT.failed, `${program} ${args[0]} ended with exit code ${status}; what it said stands above.`);
  return stdout.trim();
}

const answers = (program, ...args) => spawnSync(program, args, { stdio: 'ignore' }).status === 0;
const git = (...args) => spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout?.trim() ?? '';

/** Labels say what was built, unless arguments do. */
function buildArguments(given, epoch) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const defaults = { VERSION: version, REVISION: git('rev-parse', 'HEAD') || 'unknown', CREATED: rfc3339(epoch) };
  const named = Object.fromEntries((given ?? []).map((argument) => [argument.slice(0, argument.indexOf('=')), argument]));
  return Object.values({ ...Object.fromEntries(Object.entries(defaults).map(([name, value]) => [name, `${name}=${value}`])), ...named });
}

const rfc3339 = (epoch) => `${new Date(epoch * 1000).toISOString().slice(0, 19)}Z`;

function timeOfSources() {
  const text = process.env.SOURCE_DATE_EPOCH || git('log', '-1', '--format=%ct');
  if (!/^\d+$/.test(text)) throw new Failure(EXIT.config, 'there is neither SOURCE_DATE_EPOCH nor a commit. Set it to seconds since 1970.');
  return Number(text);
}

const BUILDERS = {
  buildah: {
    isThere: () => answers('buildah', '--version'),
    build({ context, arch, output, epoch, args, work }) {
      // A registry on loopback has no certificate, which docker knows by itself.
      const tls = args.some((argument) => /^(NODE|BASE)=(127\.0\.0\.1|localhost):/.test(argument)) ? ['--tls-verify=false'] : [];
      const id = join(work, 'id');
      // docker's format keeps the health check, which buildah's OCI format drops.
      run('buildah', [
        ...['build', ...tls, '--format', 'docker', '--layers=false', '--timestamp', `${epoch}`, '--platform', `linux/${arch}`],
        ...['--build-arg', `TARGETARCH=${arch}`, ...args.flatMap((argument) => ['--build-arg', argument])],
        ...['--iidfile', id, '--file', join(context, 'Dockerfile'), context],
      ]);
      const image = readFileSync(id, 'utf8').trim();
      try {
        run('buildah', ['push', '--quiet', '--format', 'v2s2', image, `dir:${join(work, 'image')}`]);
      } finally {
        run('buildah', ['rmi', image]);
      }
      writeArchive(layoutOf(join(work, 'image'), join(work, 'layout')), output, epoch);
    },
  },
  docker: {
    isThere: () => answers('docker', 'buildx', 'version'),
    build({ context, arch, output, epoch, args }) {
      run('docker', [
        ...['buildx', 'build', '--platform', `linux/${arch}`, '--no-cache', '--provenance=false', '--sbom=false'],
        ...[`SOURCE_DATE_EPOCH=${epoch}`, ...args].flatMap((argument) => ['--build-arg', argument]),
        ...['--output', `type=oci,dest=${output},rewrite-timestamp=true`, '--file', join(context, 'Dockerfile'), context],
      ]);
    },
  },
};

/**
 * An OCI layout of an image in docker's format, health check included, as BuildKit writes it; without what of the build is in its
 * configuration, such as the name of the host. https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
function layoutOf(image, layout) {
  mkdirSync(join(layout, 'blobs/sha256'), { recursive: true });
  const keep = (mediaType, bytes) => {
    const digest = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(layout, 'blobs/sha256', digest), bytes);
    return { mediaType, digest: `sha256:${digest}`, size: bytes.length };
  };
  const blob = ({ digest }) => readFileSync(join(image, digest.replace('sha256:', '')));
  const text = (value) => Buffer.from(JSON.stringify(value));
  const manifest = JSON.parse(readFileSync(join(image, 'manifest.json'), 'utf8'));
  const { created, architecture, os, variant, config, rootfs, history } = JSON.parse(blob(manifest.config).toString('utf8'));
  const { User, Env, Entrypoint, Cmd, Volumes, WorkingDir, Labels, StopSignal, Healthcheck } = config;
  const kept = { User, Env, Entrypoint, Cmd, Volumes, WorkingDir, Labels, StopSignal, Healthcheck };
  const converted = {
    schemaVersion: 2,
    mediaType: `${OCI}.image.manifest.v1+json`,
    config: keep(`${OCI}.image.config.v1+json`, text({ created, architecture, os, variant, config: kept, rootfs, history })),
    layers: manifest.layers.map((layer) => keep(`${OCI}.image.layer.v1.tar+gzip`, blob(layer))),
  };
  const manifests = [{ ...keep(converted.mediaType, text(converted)), platform: { architecture, os, variant } }];
  writeFileSync(join(layout, 'index.json'), text({ schemaVersion: 2, mediaType: `${OCI}.image.index.v1+json`, manifests }));
  writeFileSync(join(layout, 'oci-layout'), text({ imageLayoutVersion: '1.0.0' }));
  return layout;
}

function writeArchive(folder, output, epoch) {
  const plain = ['--format=ustar', '--sort=name', `--mtime=@${epoch}`, '--owner=0', '--group=0', '--numeric-owner', '--mode=u=rwX,go=rX'];
  run('tar', ['--create', ...plain, '--file', output, '--directory', folder, 'blobs', 'index.json', 'oci-layout']);
}

function makeImage(argv) {
  const options = optionsOf(argv);
  if (options.help) return process.stdout.write(HELP);
  const context = resolve(options.context ?? join(root, 'runner-runtime'));
  if (!existsSync(join(context, 'dist/axiomrunner.cjs')))
    throw new Failure(EXIT.config, `${context} holds no bundles in dist/. Run: npm run build -- runtime`);
  const name = options.builder ?? Object.keys(BUILDERS).find((builder) => BUILDERS[builder].isThere());
  if (name === undefined || !BUILDERS[name].isThere())
    throw new Failure(EXIT.unavailable, `there is no ${name ?? 'builder'}. Install buildah, or docker with its plugin buildx.`);
  const epoch = timeOfSources();
  const output = resolve(options.output);
  mkdirSync(dirname(output), { recursive: true });
  const work = mkdtempSync(join(tmpdir(), 'axiom-image-'));
  try {
    BUILDERS[name].build({ context, arch: options.arch, output, epoch, args: buildArguments(options['build-arg'], epoch), work });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  process.stdout.write(`${output}\n`);
}

try {
  makeImage(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`image: ${error.message}\n`);
  process.exitCode = error instanceof Failure ? error.code : EXIT.failed;
}
