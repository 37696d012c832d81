import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { judgeTraffic } from './conformance.mjs';
import { installPackages, root } from './install.mjs';

/**
 * `npm run test:integrations [-- <pattern>]`: the tests of the integrations, or of those whose path fits, and what their vendors' descriptions
 * say of the recorded requests. `RECORD_HTTP=<folder>` keeps the records.
 */
installPackages();
const [pattern = ''] = process.argv.slice(2);
const kept = process.env.RECORD_HTTP;
const folder = kept || mkdtempSync(join(tmpdir(), 'axiom-runner-http-'));
const { status } = spawnSync(
  'npm',
  ['run', '-s', 'test:unit', '--', '--selectProjects', 'runtime', '--testPathPatterns', `test/integrations/.*${pattern}`],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, RECORD_HTTP: folder },
  },
);
const verdict = judgeTraffic(folder);
if (!kept) rmSync(folder, { recursive: true, force: true });
process.exit(status === 0 && verdict !== 'failed' ? 0 : 1);
