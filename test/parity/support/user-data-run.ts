import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ENVIRONMENT_FILE } from '../../../constructs/ec2/host-paths';

/** The AWS CLI as far as this part needs it: a copy of an object is a copy of the staged asset with that name. */
const AWS = `#!/bin/bash
[ "$1 $2 $3" = "s3 cp --only-show-errors" ] && exec cp "$ASSETS/asset.\${4##*/}" "$5"
`;

/**
 * The env file that user data writes: the part from its first line to its mode is run by bash, as it is but for the file's path.
 * @param assets folder with the staged assets
 */
export function envFileWrittenBy(userData: string, assets: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'axiom-user-data-'));
  try {
    mkdirSync(join(folder, 'bin'));
    writeFileSync(join(folder, 'bin/aws'), AWS, { mode: 0o755 });
    writeFileSync(join(folder, 'bin/chown'), '#!/bin/sh\n', { mode: 0o755 });
    const envFile = join(folder, 'env-file');
    const script = [
      'set -euo pipefail',
      `work=${folder}`,
      part(userData, 'retry() {\n', '\n}\n'),
      part(userData, `cat >${ENVIRONMENT_FILE} <<`, `chmod 640 ${ENVIRONMENT_FILE}\n`).replaceAll(ENVIRONMENT_FILE, envFile),
    ].join('\n');
    const env = { PATH: `${join(folder, 'bin')}:${process.env['PATH']}`, ASSETS: assets };
    const { status, stderr } = spawnSync('bash', ['-s'], { input: script, encoding: 'utf8', env, timeout: 20_000 });
    if (status !== 0) throw new Error(`the user data ended with ${status}: ${stderr}`);
    return readFileSync(envFile, 'utf8');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function part(text: string, first: string, last: string): string {
  const start = text.indexOf(first);
  const end = text.indexOf(last, start);
  if (start < 0 || end < 0) throw new Error(`the user data has no part from ${first} to ${last}`);
  return text.slice(start, end + last.length);
}
