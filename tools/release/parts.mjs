import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { EXECUTABLES } from '../../contract/releases.ts';
import { NODE_VERSION, nodeBinary } from '../../runner-runtime/executable/node-binary.mjs';
import { root } from '../install.mjs';
import { NOTICES_FILE } from '../notices.mjs';
import { makeArchives, writeZip } from './archives.mjs';
import { makeCharts } from './charts.mjs';
import { filesUnder } from './files.mjs';

/** Runs a command of this repository; its output goes to standard error, so that that of `--json` stays readable. */
function run({ released }, program, ...args) {
  execFileSync(program, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, SOURCE_DATE_EPOCH: String(released.getTime() / 1000), JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '1' },
  });
}

const node = (context, ...args) => run(context, process.execPath, ...args);

/** What parts are made of, built once before the first of them. */
export const BUILDS = {
  library: (context) => run(context, 'npx', 'jsii', '--silence-warnings=reserved-word'),
  bundles(context) {
    node(context, 'runner-runtime/build.mjs');
    node(context, 'control-plane/build.mjs');
  },
};

/** What a release is made of, in the order in which it is made. */
export const PARTS = [
  { name: 'archives', make: makeArchives },
  { name: 'charts', make: makeCharts },
  {
    name: 'executables',
    needs: ['bundles'],
    async make(context) {
      for (const [architecture, path] of Object.entries(EXECUTABLES)) {
        const target = join(context.folder, path);
        mkdirSync(dirname(target), { recursive: true });
        node(context, 'runner-runtime/executable/build.mjs', '--arch', architecture === 'amd64' ? 'x64' : 'arm64', '--output', target);
      }
      const notices = [join(root, 'runner-runtime/dist', NOTICES_FILE), join(await nodeBinary('x64'), '../../LICENSE')].map((path) =>
        readFileSync(path, 'utf8'),
      );
      writeFileSync(join(context.folder, NOTICES_FILE), notices.join(`\n${'-'.repeat(80)}\n\nnode ${NODE_VERSION}\n\n`));
    },
  },
  {
    name: 'images',
    needs: ['bundles'],
    make(context) {
      const settings = context.imageArguments.flatMap((argument) => ['--build-arg', argument]);
      for (const architecture of Object.keys(EXECUTABLES)) {
        const target = join(context.folder, `images/axiom-runner-${architecture}.tar`);
        node(context, 'tools/release/image.mjs', '--arch', architecture, '--output', target, ...settings);
      }
    },
  },
  {
    name: 'npm',
    needs: ['library', 'bundles'],
    make: (context) => node(context, 'tools/release/npm.mjs', '--output', join(context.folder, 'npm')),
  },
  {
    name: 'languages',
    needs: ['library'],
    make: (context) => node(context, 'tools/release/languages.mjs', '--compiled', '--output', context.folder),
  },
  {
    name: 'site',
    async make(context) {
      const work = mkdtempSync(join(tmpdir(), 'axiom-release-site-'));
      try {
        node(context, '--import', 'tsx', 'site/build.mjs', '--out', join(work, 'site'));
        await writeZip(
          join(context.folder, 'axiom-runner-docs.zip'),
          'axiom-runner-docs',
          filesUnder(join(work, 'site')),
          context.released,
        );
      } finally {
        rmSync(work, { recursive: true, force: true });
      }
    },
  },
];
