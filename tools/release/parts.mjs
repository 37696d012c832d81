import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EXECUTABLES } from '../../contract/releases.ts';
import { root } from '../install.mjs';
import { makeArchives } from './archives.mjs';
import { makeCharts } from './charts.mjs';

/** Runs a command of this repository for a release; its output goes to standard error, so that `--json` stays readable. */
function run({ released }, program, ...args) {
  execFileSync(program, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, SOURCE_DATE_EPOCH: String(released.getTime() / 1000), JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '1' },
  });
}

const node = (context, ...args) => run(context, process.execPath, ...args);

/** What a release is made of, in the order in which it is made. */
export const PARTS = [
  { name: 'archives', make: makeArchives },
  { name: 'charts', make: makeCharts },
  {
    name: 'executables',
    make(context) {
      node(context, 'runner-runtime/build.mjs');
      for (const [architecture, path] of Object.entries(EXECUTABLES)) {
        const target = join(context.folder, path);
        mkdirSync(dirname(target), { recursive: true });
        node(context, 'runner-runtime/executable/build.mjs', '--arch', architecture === 'amd64' ? 'x64' : 'arm64', '--output', target);
      }
    },
  },
];
