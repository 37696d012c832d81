import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { EXIT_CONFIG, EXIT_FAILED, EXIT_OK, EXIT_USAGE } from '../../contract/exit-codes.ts';
import { LATEST_RELEASE, RELEASES_URL } from '../../contract/releases.ts';
import { root } from '../install.mjs';
import { notesOf } from './changelog.mjs';
import { filesUnder, write } from './files.mjs';
import { linkRelease, makeIndex } from './index.mjs';
import { makeSboms } from './materials.mjs';
import { BUILDS, PARTS } from './parts.mjs';
import { commitOf, faultsOf } from './readiness.mjs';
import { signerOf } from './signing.mjs';

const HELP = `Usage: npm run release -- [OPTION...]

Makes everything that users download, below releases/<version>/ of a folder: ${PARTS.map(({ name }) => name).join(', ')};
with bills of materials, checksums, an index and signatures. It publishes nothing.

  --dry-run               also from a changed checkout, an untagged commit, without a key or a date in CHANGELOG.md
  --output FOLDER         release/, made anew
  --only PART[,PART]      these parts, for a try
  --without PART[,PART]   all but these
  --built                 take bundles and library as they were built last, in a dry run
  --base-url URL          address under which the folder will be published (${RELEASES_URL})
  --charts-index FILE     index.yaml that is published now: the versions in it stay
  --image-arg NAME=VALUE  build argument of the image, again and again: NODE and BASE, best by digest
  --json                  what was made, as JSON on standard output
  --help

Environment: RELEASE_SIGNING_KEY, Ed25519 private key in PEM; without one a dry run signs nothing.

Exit codes: 0 made, 1 a part failed, 64 wrong command line, 78 not ready to be released.
`;

/** @throws {UsageError} */
class UsageError extends Error {}

function optionsOf(args) {
  const option = { type: 'string' };
  const flag = { type: 'boolean', default: false };
  try {
    const { values } = parseArgs({
      args,
      options: {
        'dry-run': flag,
        output: { ...option, default: 'release' },
        built: flag,
        only: option,
        without: option,
        'base-url': { ...option, default: RELEASES_URL },
        'charts-index': option,
        'image-arg': { ...option, multiple: true, default: [] },
        json: flag,
        help: flag,
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(error.message);
  }
}

function partsOf({ only, without }) {
  const named = (list) => (list === undefined ? undefined : list.split(','));
  const unknown = [...(named(only) ?? []), ...(named(without) ?? [])].find((name) => PARTS.every((part) => part.name !== name));
  if (unknown !== undefined) throw new UsageError(`there is no part "${unknown}". Allowed: ${PARTS.map(({ name }) => name).join(', ')}.`);
  return PARTS.filter(({ name }) => (named(only)?.includes(name) ?? true) && !named(without)?.includes(name));
}

async function release(args) {
  const options = optionsOf(args);
  if (options.help) return process.stdout.write(HELP);
  const parts = partsOf(options);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const commit = commitOf();
  const { notes, date } = notesOf(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'), version);
  const signingKey = process.env.RELEASE_SIGNING_KEY || undefined;

  const faults = faultsOf({ version, commit, date, signingKey, complete: parts.length === PARTS.length && !options.built });
  for (const fault of faults) say(`${options['dry-run'] ? 'not yet to be released' : 'release'}: ${fault}`);
  if (faults.length > 0 && !options['dry-run']) {
    process.exitCode = EXIT_CONFIG;
    return;
  }

  const output = resolve(root, options.output);
  const signer = signingKey === undefined ? undefined : signerOf(signingKey);
  const context = {
    version,
    commit: commit.id,
    released: commit.time,
    folder: join(output, 'releases', version),
    charts: join(output, 'charts'),
    baseUrl: options['base-url'].replace(/\/$/, ''),
    previousIndex: options['charts-index'] === undefined ? undefined : readFileSync(options['charts-index'], 'utf8'),
    imageArguments: options['image-arg'],
    publicKey: signer?.publicKey,
    signer,
  };
  rmSync(output, { recursive: true, force: true });
  mkdirSync(context.folder, { recursive: true });
  const needs = new Set(options.built ? [] : parts.flatMap((part) => part.needs ?? []));
  for (const need of needs) await step(need, () => BUILDS[need](context));
  for (const { name, make } of parts) await step(name, () => make(context));
  await step('bills of materials', () => makeSboms(context));
  write(join(context.folder, 'NOTES.md'), notes);
  makeIndex(context);
  linkRelease(context.folder, LATEST_RELEASE);
  report(output, context, options);
}

async function step(name, make) {
  const start = performance.now();
  say(`${name} …`);
  await make();
  say(`${name}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
}

function report(output, { version, commit, folder, signer }, { json }) {
  const { files } = JSON.parse(readFileSync(join(folder, 'release.json'), 'utf8'));
  if (json) {
    process.stdout.write(`${JSON.stringify({ version, commit, folder: output, signed: signer !== undefined, files })}\n`);
    return;
  }
  const width = Math.max(...files.map(({ path }) => path.length));
  for (const { path, bytes } of files) process.stdout.write(`${path.padEnd(width)}  ${size(bytes).padStart(9)}\n`);
  process.stdout.write(
    `${version} of commit ${commit}, ${filesUnder(output).length} files in ${output}${signer === undefined ? ', not signed' : ''}\n`,
  );
}

const size = (bytes) => (bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`);
const say = (line) => process.stderr.write(`${line}\n`);

try {
  process.exitCode = EXIT_OK;
  await release(process.argv.slice(2));
} catch (error) {
  say(`release: ${error.message}`);
  process.exitCode = error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED;
}
